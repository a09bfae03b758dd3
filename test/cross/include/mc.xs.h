// Stands for the header that xsl makes: the identifiers that our natives name. Only compiled, never run.

enum { xsID_byteLength = 1 };
