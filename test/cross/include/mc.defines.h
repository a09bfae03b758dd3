// Stands for the header that mcconfig makes of `defines` in manifests: there are none.
