import { LoopbackDevice, LoopbackInterface } from "multihome";
import type { MakeLink } from "./link.ts";

const loopback: MakeLink = (name, _driver, common) => new LoopbackInterface(name, new LoopbackDevice(), common);
export default loopback;
