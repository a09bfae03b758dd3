// What programs import as "multihome/drivers".

export { ENC28J60 } from "./enc28j60/device.ts";
export { EthernetChip, type EthernetChipOptions } from "./ethernet/device.ts";
export { Uart, type UartOptions } from "./uart/device.ts";
export { W5500 } from "./w5500/device.ts";
