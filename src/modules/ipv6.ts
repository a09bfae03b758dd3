// What `import … from "multihome/ipv6"` gives; and the classes of interfaces can have IPv6 from then on, which do not import it.
import { useAutoconfiguration } from "../io/current.ts";
import { Autoconfiguration } from "../service/ipv6/autoconfiguration.ts";

export type { AutoconfigurationOptions, AutoconfigurationState } from "../service/ipv6/autoconfiguration.ts";

useAutoconfiguration((stack, link, mode) => void new Autoconfiguration(stack, link, { mode }));
export { Autoconfiguration };
