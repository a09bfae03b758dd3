// XS's platform header wants lwIP, which none of the files here uses.
