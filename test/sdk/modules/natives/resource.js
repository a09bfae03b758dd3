// The module "Resource": files in flash. Here there are none, so that only certificates that a program gives are trusted.

export default class Resource {
	constructor(path) {
		if (path !== "ca.ski") throw new URIError(`resource ${path}: there are no resources here`);
	}

	static exists() {
		return false;
	}

	/** "ca.ski", the index of trusted certificates: empty. */
	get byteLength() {
		return 0;
	}

	slice() {
		return new ArrayBuffer(0);
	}
}
