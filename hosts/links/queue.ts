// Not a link, but also there only where the board file wants it: packets wait before a slow interface in queues by flows.

import type { Stack } from "multihome";
import { FlowQueue, type FlowQueueOptions } from "multihome/queue";

/** `interfaces[].queue` of a board file. */
export type QueueFile = FlowQueueOptions;

export type StartQueue = (stack: Stack, name: string, file: QueueFile) => void;

const queue: StartQueue = (stack, name, file) => {
	new FlowQueue(stack, name, file);
};
export default queue;
