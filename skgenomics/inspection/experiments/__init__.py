"""In-silico experiments: marginalization, ablation, design, knock-outs, internals."""
