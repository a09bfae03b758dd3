export function slotsUsed() @ "xs_board_slotsUsed";
export function slotsTotal() @ "xs_board_slotsTotal";
export function chunkBytesUsed() @ "xs_board_chunkBytesUsed";
export function chunkBytesTotal() @ "xs_board_chunkBytesTotal";
export function freeBytes() @ "xs_board_freeBytes";
export function collect() @ "xs_board_collect";
export function importNow(name) @ "xs_board_importNow";
export function guard(error) @ "xs_board_guard";
