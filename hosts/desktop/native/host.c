/* What the C of src/host asks of this host, beside host.js: entropy, the system's. */

#include "entropy.h"

#include <sys/random.h>

const char *multihomeEntropy(uint8_t *key)
{
	return getrandom(key, SIPHASH_KEY, 0) == SIPHASH_KEY ? NULL : "getrandom gives no random bytes";
}
