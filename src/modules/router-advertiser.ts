// What `import … from "multihome/router-advertiser"` gives.
export { RouterAdvertiser } from "../service/advertiser/advertiser.ts";
export type { RouterAdvertiserOptions, RouterAdvertiserState } from "../service/advertiser/advertiser.ts";
