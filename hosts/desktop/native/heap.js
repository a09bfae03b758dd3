export function slotsAllocated() @ "xs_host_slotsAllocated";
export function chunkBytesAllocated() @ "xs_host_chunkBytesAllocated";
export function slotsUsed() @ "xs_host_slotsUsed";
export function chunkBytesUsed() @ "xs_host_chunkBytesUsed";
export function slotsTotal() @ "xs_host_slotsTotal";
export function chunkBytesTotal() @ "xs_host_chunkBytesTotal";
export function collections() @ "xs_host_collections";
export function collect() @ "xs_host_collect";
