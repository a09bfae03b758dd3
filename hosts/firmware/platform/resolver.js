// lwIP's resolver, as Moddable's modules take one: `new device.network.platform.dns.io().resolve({ host, onResolved, onError })`.

const lookUp = function (host, callback) @ "xs_net_resolve";

export default class Resolver {
	resolve(options) {
		lookUp(options.host, (host, address) => {
			if (address === undefined) options.onError?.call(this);
			else options.onResolved?.call(this, options.host, address);
		});
	}
	close() {}
}
