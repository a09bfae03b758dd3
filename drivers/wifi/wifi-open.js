export function open(port, onChange) @ "xs_wifi_open";
