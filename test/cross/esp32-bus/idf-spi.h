// The stand-in: spi_master.

esp_err_t spi_bus_initialize(spi_host_device_t host, const spi_bus_config_t *bus, int dma)
{
	DEMAND(bus->quadwp_io_num == -1 && bus->data7_io_num == -1 && (dma == SPI_DMA_DISABLED || dma == SPI_DMA_CH_AUTO));
	if (point() || (dma && idf.noDma))
		return ESP_ERR_NOT_FOUND;
	if (idf.buses[host])
		return ESP_ERR_INVALID_STATE;
	idf.buses[host]++;
	idf.dma[host] = dma;
	idf.reserved |= 1ull << bus->mosi_io_num | 1ull << bus->sclk_io_num;
	return ESP_OK;
}

esp_err_t spi_bus_free(spi_host_device_t host)
{
	DEMAND(idf.buses[host] == 1 && idf.devices[host] == 0 && !idf.holder[host]);
	idf.buses[host] = 0;
	return ESP_OK;
}

esp_err_t spi_bus_add_device(spi_host_device_t host, const spi_device_interface_config_t *config, spi_device_handle_t *device)
{
	DEMAND(idf.buses[host] && config->mode == 0 && config->spics_io_num == -1 && config->queue_size > 0 && config->clock_speed_hz > 0);
	if (point())
		return ESP_ERR_NOT_FOUND;
	*device = calloc(1, sizeof(struct Device));
	**device = (struct Device){ .host = host, .hz = config->clock_speed_hz, .before = config->pre_cb };
	idf.devices[host]++;
	return ESP_OK;
}

esp_err_t spi_bus_remove_device(spi_device_handle_t device)
{
	DEMAND(!device->busy && idf.holder[device->host] != device);
	idf.devices[device->host]--;
	free(device);
	return ESP_OK;
}

esp_err_t spi_device_acquire_bus(spi_device_handle_t device, TickType_t wait)
{
	DEMAND(wait == portMAX_DELAY); /* another time is refused */
	DEMAND(!idf.holder[device->host] && !idf.busy[device->host]); /* it would wait for ever */
	if (point())
		return ESP_FAIL;
	idf.holder[device->host] = device;
	return ESP_OK;
}

void spi_device_release_bus(spi_device_handle_t device)
{
	DEMAND(idf.holder[device->host] == device && !idf.busy[device->host]); /* it would stop the board */
	idf.holder[device->host] = NULL;
	point();
}

/* What spi_master demands of memory and length: without the flag, it would allocate. */
static int isForTransfer(const uint8_t *p, size_t bytes, size_t alignment)
{
	return !p || (esp_ptr_dma_capable(p) && esp_ptr_dma_capable(p + bytes - 1) && ((uintptr_t)p | bytes) % alignment == 0);
}

esp_err_t spi_device_polling_start(spi_device_handle_t device, spi_transaction_t *transaction, TickType_t wait)
{
	size_t bytes = transaction->length / 8;
	spi_dev_t *hw = device->host == SPI2_HOST ? &SPI2 : &SPI3;
	DEMAND(wait == portMAX_DELAY);
	DEMAND(!idf.busy[device->host]); /* it would wait for ever */
	DEMAND(idf.holder[device->host] == device); /* or it takes and releases the bus itself */
	DEMAND(bytes > 0 && transaction->length % 8 == 0 && transaction->rxlength == 0 && (transaction->tx_buffer || transaction->rx_buffer));
	DEMAND(bytes <= (idf.dma[device->host] ? LONGEST : 64));
	if (point())
		return ESP_ERR_NO_MEM;
	if (idf.dma[device->host]) {
		DEMAND(transaction->flags == SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL);
		if (!isForTransfer(transaction->tx_buffer, bytes, 1) || !isForTransfer(transaction->rx_buffer, bytes, 4))
			return ESP_ERR_INVALID_ARG;
	}
	hw->mosi_dlen.usr_mosi_dbitlen = hw->miso_dlen.usr_miso_dbitlen = (uint32_t)transaction->length - 1;
	device->before(transaction);
	DEMAND(hw->mosi_dlen.usr_mosi_dbitlen == hw->miso_dlen.usr_miso_dbitlen && (hw->mosi_dlen.usr_mosi_dbitlen + 1) % 8 == 0);
	DEMAND(hw->mosi_dlen.usr_mosi_dbitlen < transaction->length);
	if (bytes > idf.most)
		idf.most = bytes;
	idf.starts++;
	device->busy = transaction;
	idf.busy[device->host] = device;
	return ESP_OK;
}

esp_err_t spi_device_polling_end(spi_device_handle_t device, TickType_t wait)
{
	spi_dev_t *hw = device->host == SPI2_HOST ? &SPI2 : &SPI3;
	uint32_t bytes = (hw->mosi_dlen.usr_mosi_dbitlen + 1) / 8;
	DEMAND(device->busy && wait >= 4 * 8000 * bytes / (uint32_t)device->hz && wait <= 3 + 4 * 8000 * bytes / (uint32_t)device->hz);
	idf.waits++;
	int fails = point();
	if (idf.stuck)
		return ESP_ERR_TIMEOUT;
	const uint8_t *out = device->busy->tx_buffer;
	uint8_t *in = device->busy->rx_buffer;
	for (size_t i = 0; i < bytes; i++) {
		if (in)
			in[i] = miso(idf.sent);
		idf.mosi[idf.sent++ % sizeof(idf.mosi)] = out ? out[i] : 0x5a;
	}
	device->busy = NULL;
	idf.busy[device->host] = NULL;
	return fails ? ESP_ERR_INVALID_STATE : ESP_OK;
}
