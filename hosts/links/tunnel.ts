import { TunnelInterface, type TunnelKind, type TunnelOptions } from "multihome/tunnel";
import type { MakeLink } from "./link.ts";

/** `options` also say which kind it is. */
const tunnel: MakeLink = (name, _driver, common, options) => {
	const { kind, ...ends } = options as unknown as TunnelOptions & { kind: TunnelKind };
	return new TunnelInterface(name, kind, { ...ends, ...common });
};
export default tunnel;
