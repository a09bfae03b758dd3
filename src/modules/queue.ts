// What `import … from "multihome/queue"` gives.
export { FlowQueue, type FlowQueueOptions } from "../service/queue/queue.ts";
