"""One module for each journey; each measures figures and judges none of them itself."""
