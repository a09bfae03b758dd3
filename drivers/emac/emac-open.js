export function open(port, onChange, mdc, mdio, phy, reset, power, clock) @ "xs_emac_open";
