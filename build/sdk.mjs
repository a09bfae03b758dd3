// What a firmware's build needs of the Moddable SDK and of the chip's SDK: each thing is looked for before anything is built, and what is missing is told
// in a line of its own, which names the variable to set or the command to run.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** Moddable's tools that its make files call by name. */
const TOOLS = ["mcconfig", "xsc", "xsl", "xsid", "mcrez"];
/** Of Debian, for the Pico. */
const DEBIAN = "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib cmake";
/** The release that has all boards. */
const MODDABLE_RELEASE = "8.2.3";
/** Submodules of the Pico SDK, each with a file of it: of every board, and of those with a radio. */
const LIBRARIES = [["tinyusb", "src/tusb.h"]];
const LIBRARIES_OF_RADIO = [
	["cyw43-driver", "src/cyw43.h"],
	["lwip", "src/include/lwip/opt.h"],
];
/** What mcconfig calls the boards with a radio, and those with an RP2350. */
const WITH_RADIO = ["pico/pico_w", "pico/pico_2_w"];
const RP2350 = ["pico/pico_2", "pico/pico_2_w"];

function onPath(name, path = process.env.PATH ?? "") {
	return path.split(delimiter).find((folder) => folder !== "" && existsSync(join(folder, name)));
}

function output(command, args, folder) {
	try {
		return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		return undefined;
	}
}

/**
 * `{ environment, problems }`: the variables to build with, those of the user and what follows from them, and one line for each thing that is missing.
 * `guide` is the address of Moddable's guide, `subplatform` what mcconfig calls the board.
 */
export function lookForSdk(platform, guide, variables = process.env, subplatform = platform) {
	const environment = { ...variables };
	const problems = [];
	const { MODDABLE } = variables;
	if (!MODDABLE || !existsSync(join(MODDABLE, "xs/includes/xs.h")))
		problems.push(
			`${MODDABLE ? `MODDABLE ${MODDABLE} has no Moddable SDK` : "MODDABLE is not set"}: install the Moddable SDK as its guide says, ${guide}, and set MODDABLE to its folder`,
		);
	else {
		const folders = [join(MODDABLE, "build/bin/lin/release"), join(MODDABLE, "build/bin/mac/release")];
		const tools = folders.find((folder) => existsSync(join(folder, "mcconfig"))) ?? onPath("mcconfig", variables.PATH);
		if (tools === undefined)
			problems.push(`the Moddable SDK in ${MODDABLE} has no mcconfig: build its tools as its guide says, ${guide}`);
		else {
			// Its make files call the tools by their names alone.
			environment.PATH = [tools, variables.PATH ?? ""].join(delimiter);
			environment.MCCONFIG = join(tools, "mcconfig");
			const missing = TOOLS.filter((name) => onPath(name, environment.PATH) === undefined);
			if (missing.length > 0)
				problems.push(`${tools} has no ${missing.join(", ")}: build the Moddable SDK's tools anew, ${guide}`);
		}
	}
	// Debian's sh is dash, and Moddable's make files are written for bash: "[[: not found", and the version of the SDK is never the expected one.
	if (existsSync("/bin/bash")) environment.MAKEFLAGS = `${variables.MAKEFLAGS ?? ""} SHELL=/bin/bash`.trim();
	else problems.push("/bin/bash is missing: Moddable's make files are written for it (apt-get install bash)");
	if (platform === "pico") lookForPico(environment, problems, guide, subplatform);
	else lookForEsp32(environment, problems, guide);
	return { environment, problems };
}

function lookForPico(environment, problems, guide, subplatform) {
	const root = environment.PICO_ROOT ?? join(homedir(), "pico");
	const sdk = environment.PICO_SDK_DIR ?? environment.PICO_SDK_PATH ?? join(root, "pico-sdk");
	lookForCompiler(environment, problems);
	if (onPath("cmake", environment.PATH) === undefined) problems.push(`cmake is not on PATH: ${DEBIAN}`);
	if (!existsSync(join(sdk, "pico_sdk_init.cmake"))) {
		const set = environment.PICO_SDK_DIR ?? environment.PICO_SDK_PATH;
		problems.push(
			`${set === undefined ? "PICO_SDK_DIR is not set, and" : "PICO_SDK_DIR:"} there is no Pico SDK in ${sdk}: set PICO_SDK_DIR to a git clone of github.com/raspberrypi/pico-sdk, ${guide}`,
		);
		return;
	}
	environment.PICO_SDK_DIR = sdk;
	environment.PICO_ROOT ??= existsSync(root) ? root : dirname(sdk);
	lookForVersion(environment, problems, sdk);
	lookForBoard(environment, problems, subplatform);
	for (const [name, file] of [...LIBRARIES, ...(WITH_RADIO.includes(subplatform) ? LIBRARIES_OF_RADIO : [])])
		if (!existsSync(join(sdk, "lib", name, file)))
			problems.push(`${sdk}/lib/${name} is empty: git -C ${sdk} submodule update --init lib/${name}`);
	// Moddable's make file wants the folder and takes nothing of it that it cannot do without.
	if (!existsSync(join(environment.PICO_ROOT, "pico-examples")))
		problems.push(
			`${environment.PICO_ROOT}/pico-examples is missing: clone github.com/raspberrypi/pico-examples there, or set PICO_ROOT to the folder that has it`,
		);
	const pioasm = environment.PIOASM ?? join(sdk, "build/pioasm/pioasm");
	if (!existsSync(pioasm))
		problems.push(
			`${pioasm} is missing: mkdir -p ${sdk}/build/pioasm && cd ${sdk}/build/pioasm && cmake -DPIOASM_VERSION_STRING=${output("git", ["describe", "--tags", "--abbrev=0"], sdk) ?? "2.2.0"} ${sdk}/tools/pioasm && make; or set PIOASM`,
		);
	// Moddable's Pico 2 takes all of its io, and that a folder of these, for sound.
	const extras = environment.PICO_EXTRAS_DIR ?? join(environment.PICO_ROOT, "pico-extras");
	if (subplatform === "pico/pico_2" && !existsSync(join(extras, "src/rp2_common/pico_audio_i2s")))
		problems.push(
			`${extras} has no pico-extras: git clone -b sdk-2.2.0 https://github.com/raspberrypi/pico-extras ${extras}; or set PICO_EXTRAS_DIR`,
		);
	// Only the linker script of the RP2350 asks for it.
	const region = join(sdk, "build/pico_flash_region.ld");
	if (RP2350.includes(subplatform) && !existsSync(region)) problems.push(`${region} is missing: run cmake .. in ${sdk}/build`);
	const picotool = environment.UF2CONV ?? join(sdk, "build/_deps/picotool/picotool");
	if (!existsSync(picotool))
		problems.push(
			`${picotool} is missing: run cmake .. && make in ${sdk}/build, or build github.com/raspberrypi/picotool (tag of the SDK) and set UF2CONV to the program`,
		);
}

/** Whether this Moddable SDK knows the board: "pico/pico_2_w" is a folder of its. */
function lookForBoard({ MODDABLE }, problems, subplatform) {
	const [platform, name] = subplatform.split("/");
	if (name === undefined || !MODDABLE || !existsSync(join(MODDABLE, "xs/includes/xs.h"))) return;
	if (existsSync(join(MODDABLE, "build/devices", platform, "targets", name, "manifest.json"))) return;
	problems.push(
		`the Moddable SDK in ${MODDABLE} has no board ${subplatform}, which ${MODDABLE_RELEASE} has: git -C ${MODDABLE} fetch --tags && git -C ${MODDABLE} checkout ${MODDABLE_RELEASE}, and build its tools anew`,
	);
}

function lookForCompiler(environment, problems) {
	const name = "arm-none-eabi-gcc";
	const { PICO_GCC_ROOT } = environment;
	if (PICO_GCC_ROOT === undefined) {
		const folder = onPath(name, environment.PATH);
		if (folder === undefined) {
			problems.push(
				`${name} is not on PATH, and PICO_GCC_ROOT is not set: ${DEBIAN}, or set PICO_GCC_ROOT to the folder above its bin/`,
			);
			return;
		}
		environment.PICO_GCC_ROOT = dirname(folder);
	} else if (!existsSync(join(PICO_GCC_ROOT, "bin", name))) {
		problems.push(`PICO_GCC_ROOT ${PICO_GCC_ROOT} has no bin/${name}: on Debian set it to /usr`);
		return;
	}
	const compiler = join(environment.PICO_GCC_ROOT, "bin", name);
	for (const library of ["libc.a", "libstdc++.a"])
		if (!output(compiler, [`-print-file-name=${library}`])?.includes("/"))
			problems.push(`${compiler} has no ${library}: ${DEBIAN}`);
}

function lookForVersion(environment, problems, sdk) {
	const manifest = join(environment.MODDABLE ?? "", "build/devices/pico/manifest.json");
	if (!existsSync(manifest)) return;
	const expected = /"EXPECTED_PICO_SDK": *"([^"]+)"/.exec(readFileSync(manifest, "utf8"))?.[1];
	const found = output("git", ["describe", "--tags", "--always", "--abbrev=0"], sdk);
	if (expected !== undefined && found !== expected)
		problems.push(
			`the Pico SDK in ${sdk} is ${found ?? "no git clone"}, and this Moddable SDK expects ${expected}: git clone -b ${expected} https://github.com/raspberrypi/pico-sdk`,
		);
}

function lookForEsp32(environment, problems, guide) {
	const { IDF_PATH } = environment;
	if (!IDF_PATH || !existsSync(join(IDF_PATH, "tools/idf.py")))
		problems.push(
			`${IDF_PATH ? `IDF_PATH ${IDF_PATH} has no ESP-IDF` : "IDF_PATH is not set"}: install ESP-IDF as ${guide} says, and set IDF_PATH to its folder`,
		);
	else if (onPath("idf.py", environment.PATH) === undefined)
		problems.push(`idf.py is not on PATH: run . ${IDF_PATH}/export.sh in this shell first`);
}
