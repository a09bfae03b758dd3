// What `import … from "multihome/groups"` gives.
export { GroupReports } from "../service/groups/reports.ts";
