// What tells a Pico from all others: the unique id of its flash; of the RP2350, that in its one-time programmable memory (pico-sdk, pico_unique_id).

#include <string.h>

#include "identity.h"
#include "pico/unique_id.h"

int multihomeIdentity(uint8_t *bytes)
{
	pico_unique_board_id_t id;
	pico_get_unique_board_id(&id);
	memcpy(bytes, id.id, IDENTITY_BYTES);
	return 1;
}
