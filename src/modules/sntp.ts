// What `import … from "multihome/sntp"` gives.
export {
	SNTP,
	SNTP as default,
	SntpClient,
	type NetworkTime,
	type SntpCallback,
	type SntpOptions,
} from "../service/sntp/client.ts";
