// What `import … from "multihome/status"` gives.
export { STATUS, statusOf, type Status, type InterfaceStatus, type SocketStatus } from "../status/status.ts";
export { JsonPieces, PIECE_BYTES, membersOf, type Member, type Members } from "../status/pieces.ts";
export type { JsonWriter } from "../status/json.ts";
export type { WayStatus } from "../status/way.ts";
