// What the API reference leaves out: members of public classes that are for other layers of the stack. Of the classes here the members named are shown and no
// others; of classes and interfaces that are not here, all. A name that is none any more is an error, and so is a docstring that is missing.

import { Converter, ReflectionKind } from "typedoc";

/** Members that need no words. */
const PLAIN = new Set([
	"address",
	"close",
	"constructor",
	"format",
	"interface",
	"localAddress",
	"localPort",
	"name",
	"port",
	"prefix",
	"remoteAddress",
	"remotePort",
	"target",
]);

const SHOWN = {
	Stack: ["constructor", "bytesFor", "interfaces", "poll", "routes", "services", "watch"],
	InterfaceSet: ["add", "find", "list", "remove"],
	Routes: ["add", "list", "remove", "version"],
	Route: ["connected", "gateway", "length", "lent", "link", "metric", "prefix", "toString"],
	Interface: [
		"addAddress",
		"addresses",
		"device",
		"enabled",
		"id",
		"kind",
		"metric",
		"mtu",
		"name",
		"nameServers",
		"removeAddress",
		"up",
	],
	EthernetInterface: ["constructor", "kind", "mac"],
	LoopbackInterface: ["constructor", "kind"],
	InterfaceAddress: ["address", "length", "lent", "toString"],
	Autoconfiguration: ["close", "constructor", "lend", "lendServers", "state", "temporary"],
	Dhcp6Client: ["advertised", "close", "constructor", "state"],
	DhcpClient: ["address", "close", "constructor", "hostname", "options", "renew", "state"],
	FixedAddress: ["address", "close", "constructor", "state"],
	LinkLocal: ["address", "close", "constructor", "state"],
	Responder: ["add", "close", "constructor", "hostname", "interfaces", "remove", "services"],
	SNTP: ["ask", "close", "constructor", "error", "retry", "time"],
	SntpClient: ["ask", "close", "constructor", "error", "retry", "time"],
	PppInterface: ["connect", "constructor", "disconnect", "kind", "state"],
	SlipInterface: ["constructor", "kind"],
	LoopbackDevice: ["constructor"],
	Ping: ["close", "constructor", "statistics"],
	Resolver: ["close", "constructor", "resolve"],
	PingError: ["address", "code", "sequence", "type"],
	ResolveError: ["code", "host"],
	Watch: ["close"],
	TCP: [
		"close",
		"constructor",
		"error",
		"format",
		"localAddress",
		"localPort",
		"read",
		"remoteAddress",
		"remotePort",
		"shutdown",
		"write",
	],
	Listener: ["close", "constructor", "format", "port", "read"],
	UDP: ["address", "close", "constructor", "format", "port", "read", "write"],
};

/** Classes that programs do not make themselves. */
const WITHOUT_EXAMPLE = new Set(["LoopbackDevice", "PingError", "ResolveError", "Route"]);

function hasExample({ comment }) {
	return comment?.blockTags.some(({ tag }) => tag === "@example") ?? false;
}

/** Whether it, or what it can be called by, has a docstring; those of an interface that a class implements are its own. */
function isDocumented(reflection) {
	const { comment, signatures = [], getSignature, setSignature, type } = reflection;
	if (comment?.hasVisibleComponent()) return true;
	const called = [
		...signatures,
		getSignature,
		setSignature,
		...(type?.type === "reflection" ? (type.declaration.signatures ?? []) : []),
	];
	return called.some((signature) => signature?.comment?.hasVisibleComponent());
}

export function load(app) {
	app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
		const left = new Set(Object.keys(SHOWN));
		for (const owner of project.getReflectionsByKind(ReflectionKind.Class | ReflectionKind.Interface)) {
			const shown = SHOWN[owner.name];
			if (shown === undefined) continue;
			left.delete(owner.name);
			const names = new Set(shown);
			const members = owner.children?.slice() ?? [];
			for (const member of members) {
				if (!names.delete(member.name)) project.removeReflection(member);
			}
			if (names.size > 0) app.logger.error(`${owner.name}: it has no ${[...names].join(", ")} (build/docs/plugin.mjs)`);
		}
		for (const exported of project.children ?? []) {
			if (!isDocumented(exported)) app.logger.error(`${exported.name}: it has no docstring`);
			if (
				exported.kind === ReflectionKind.Class &&
				!exported.flags.isAbstract &&
				!WITHOUT_EXAMPLE.has(exported.name) &&
				!hasExample(exported)
			)
				app.logger.error(`${exported.name}: its docstring has no @example`);
			for (const member of exported.children ?? [])
				if (!PLAIN.has(member.name) && !isDocumented(member))
					app.logger.error(`${exported.name}.${member.name}: it has no docstring`);
		}
		if (left.size > 0) app.logger.error(`nothing is exported as ${[...left].join(", ")} (build/docs/plugin.mjs)`);
	});
}
