// The SDK declares functions in C in two ways: `name(a, b) @ "xs_name"`, and as bodies like `return native("xs_name").call(this, a, b);`, which
// its compiler replaces by the C function, so that this gets all arguments that there are, and not these alone. Both become calls of the same name here.
// `class X @ "xs_destructor"` loses its destructor. Nothing else of a file is touched. The globals `native` and `Native` come from natives/native.js.

const CLASS = /\bclass(\s+\w+)\s+@\s*"\w+"/g;
const DECLARATION = /(\bset\s+)?((?:\w+|'\w+')\s*)\(([^()]*)\)(\s*)@\s*"(\w+)"(;?)/g;
const BODY = /\bnative\("(\w+)"\)\.call\(this\b[^()]*\)/g;

export const hasDeclarations = (source) => source.search(/^\s*[^\s*/].*(@\s*"\w+"|\bnative\("\w+"\))/m) >= 0;

/** The same module with a call in the place of each declaration. */
export function bound(source) {
	const called = source.replace(CLASS, "class$1").replace(BODY, 'native("$1").apply(this, arguments)');
	return called.replace(DECLARATION, (_all, setter, name, parameters, _space, symbol, semicolon) => {
		const call = `native("${symbol}").apply(this, arguments)`;
		const body = name.trim() === "constructor" ? `${call};` : `return ${call};`;
		return setter === undefined ? `${name}(${parameters}) { ${body} }${semicolon}` : `set ${name}(it) { ${body} }${semicolon}`;
	});
}
