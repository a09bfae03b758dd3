/*
 * Finds modules and loads them. A module's identity is its real path, or for a native module its specifier.
 *
 * Native modules are declared in Moddable's syntax, `function sum(view, at, end) @ "xs_sum"` or
 * `class X @ "xs_X_destructor" { read() @ "xs_X_read" }`. XS's parser knows it (mxCFlag): the script then lists the
 * symbols that it wants, and buildHosts() makes a host function for each from the table which the build generated.
 */

#include "host.h"

#include <sys/stat.h>

bool hostKeepsLines = true;

typedef struct Mapping {
	struct Mapping *next;
	size_t length;
	const char *specifier;
	char path[PATH_MAX];
} Mapping;

static Mapping *mappings = NULL;

/* The script whose host functions buildHosts() is to make; set while fxResolveModule runs. */
static txScript *resolving = NULL;

void hostMapModule(const char *argument)
{
	Mapping *mapping = calloc(1, sizeof(Mapping));
	const char *equals = strchr(argument, '=');
	if (!mapping || !realpath(equals + 1, mapping->path)) {
		fprintf(stderr, "multihome-xs: -m %s: %s\n", argument, strerror(errno));
		exit(HOST_USAGE);
	}
	mapping->specifier = argument;
	mapping->length = (size_t)(equals - argument);
	mapping->next = mappings;
	mappings = mapping;
}

static const HostModule *nativeModule(const char *specifier)
{
	for (const HostModule *module = hostModules; module->specifier; module++)
		if (strcmp(module->specifier, specifier) == 0)
			return module;
	return NULL;
}

static const char *mappedPath(const char *specifier)
{
	for (Mapping *mapping = mappings; mapping; mapping = mapping->next)
		if (strlen(specifier) == mapping->length && memcmp(specifier, mapping->specifier, mapping->length) == 0)
			return mapping->path;
	return NULL;
}

void xs_host_importNow(txMachine *the)
{
	const char *name = xsmcToString(xsArg(0));
	if (mappedPath(name) || nativeModule(name))
		xsResult = xsAwaitImport(name, XS_IMPORT_DEFAULT);
}

static void notFound(txMachine *the, const char *what, txID importer)
{
	if (importer == XS_NO_ID)
		hostThrow(the, "ReferenceError", "module \"%s\" not found", what);
	hostThrow(the, "ReferenceError", "module \"%s\" not found, imported by %s", what, fxGetKeyName(the, importer));
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	char name[PATH_MAX], joined[2 * PATH_MAX], path[PATH_MAX];
	const char *found = name;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0) {
		if (moduleID == XS_NO_ID || *fxGetKeyName(the, moduleID) != '/')
			notFound(the, name, moduleID);
		snprintf(joined, sizeof(joined), "%s", fxGetKeyName(the, moduleID));
		char *slash = strrchr(joined, '/');
		snprintf(slash + 1, sizeof(joined) - (size_t)(slash + 1 - joined), "%s", name);
		if (!realpath(joined, path))
			notFound(the, name, moduleID);
		found = path;
	}
	else if (name[0] == '/') {
		if (!realpath(name, path))
			notFound(the, name, moduleID);
		found = path;
	}
	else {
		const char *mapped = mappedPath(name);
		if (mapped)
			found = mapped;
		else if (!nativeModule(name))
			notFound(the, name, moduleID);
	}
	return fxNewNameC(the, (txString)found);
}

typedef struct {
	const char *at;
	const char *end;
} Source;

static int nextCharacter(void *stream)
{
	Source *source = stream;
	return source->at < source->end ? (unsigned char)*source->at++ : C_EOF;
}

/* XS reports a syntax error's place here and nowhere else. */
static txInteger errorLine;
static char syntaxError[1024];

static void keepErrorLine(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console, (void)path, (void)format, (void)arguments;
	errorLine = line;
}

/* Leaves *syntaxError empty when all is well. */
static txScript *parse(txMachine *the, const char *text, size_t length, char *path, txUnsigned flags)
{
	Source source = { text, text + length };
	txParser parser;
	txParserJump jump;
	txScript *volatile script = NULL;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	parser.reportError = keepErrorLine;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser.path = fxNewParserSymbol(&parser, path);
		fxParserTree(&parser, &source, nextCharacter, flags, NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	*syntaxError = 0;
	if (parser.errorCount > 0) {
		snprintf(syntaxError, sizeof(syntaxError), "%s:%d: %s", path, (int)errorLine,
			parser.errorMessage ? parser.errorMessage : "cannot be parsed");
		fxDeleteScript(script);
	}
	fxTerminateParser(&parser);
	return script;
}

static txCallback hostFunction(txMachine *the, const char *name)
{
	for (const HostSymbol *symbol = hostSymbols; symbol->name; symbol++)
		if (strcmp(symbol->name, name) == 0 && symbol->function)
			return (txCallback)symbol->function;
	hostThrow(the, "ReferenceError", "native function \"%s\" is declared, but no C file of the manifests defines it", name);
}

/* The names of a script's symbols follow one another in its buffer, after their count; number 0 has none. */
static const char *symbolName(txScript *script, txID index)
{
	const char *name = (const char *)script->symbolsBuffer + sizeof(txID);
	while (--index)
		name += strlen(name) + 1;
	return name;
}

static void buildHosts(txMachine *the)
{
	txScript *script = resolving;
	txByte *p = script->hostsBuffer;
	txID count, id;
	mxDecodeID(p, count);
	/* XS copies what it needs. On the stack, as hostFunction() may throw. */
	txHostFunctionBuilder builders[count];
	for (int i = 0; i < count; i++) {
		builders[i].length = (signed char)*p++;
		mxDecodeID(p, id);
		builders[i].id = id == XS_NO_ID ? XS_NO_ID : fxNewNameC(the, (txString)symbolName(script, id));
		builders[i].callback = hostFunction(the, (const char *)p);
		p += strlen((const char *)p) + 1;
	}
	fxBuildHosts(the, count, builders);
	mxPullSlot(mxResult);
}

static char *readSource(txMachine *the, const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	struct stat status;
	char *text = NULL;
	if (file && fstat(fileno(file), &status) == 0 && (text = malloc((size_t)status.st_size + 1)))
		*length = fread(text, 1, (size_t)status.st_size, file);
	int reason = errno;
	if (file)
		fclose(file);
	if (!text)
		hostThrow(the, "ReferenceError", "module %s: %s", path, strerror(reason));
	return text;
}

static void load(txMachine *the, txSlot *module, txID moduleID)
{
	char *path = fxGetKeyName(the, moduleID);
	const HostModule *native = *path == '/' ? NULL : nativeModule(path);
	txUnsigned flags = hostKeepsLines ? mxDebugFlag : 0;
	txScript *script;
	if (native)
		script = parse(the, native->source, native->length, path, flags | mxCFlag);
	else {
		size_t length = 0;
		char *text = readSource(the, path, &length);
		script = parse(the, text, length, path, flags);
		free(text);
	}
	if (*syntaxError)
		hostThrow(the, "SyntaxError", "%s", syntaxError);
	if (!script)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	if (script->hostsBuffer) {
		resolving = script;
		script->callback = buildHosts;
	}
	fxResolveModule(the, module, moduleID, script, NULL, NULL);
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	mxTry(the) {
		load(the, module, moduleID);
	}
	mxCatch(the) {
		hostRememberLoadError(the);
		fxJump(the);
	}
}
