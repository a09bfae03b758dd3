// Not a link, but also there only where the board file wants it: name servers of the whole board.

export { useNameServers as default } from "multihome/dns";
