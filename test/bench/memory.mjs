export async function memoryFigures() {
	return undefined;
}
