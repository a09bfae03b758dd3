/** Builds the desktop's XS host if anything that goes into it has changed. Returns the binary's path. */
export function buildHost(options?: {
	bits?: 32 | 64;
	/** Our own C with -fsanitize=address,undefined. */
	sanitize?: boolean;
	/** Without the checks of the engine's own stack, as in a board's release firmware, and with the data path's C as one unit, as in any firmware: for measurements. */
	release?: boolean;
	quiet?: boolean;
	/** Another manifest, and the name of its host's folder under build/out, for a host with other native modules. */
	manifest?: string;
	name?: string;
}): Promise<string>;
