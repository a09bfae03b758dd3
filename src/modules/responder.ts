// What `import … from "multihome/responder"` gives.
export { Responder, type ResponderOptions, type ServiceOptions } from "../service/responder/responder.ts";
