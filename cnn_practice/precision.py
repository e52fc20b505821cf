"""Which precision this computer trains in fastest."""

from pathlib import Path


def fastest():
    """ "mixed_float16" on a GPU, "mixed_bfloat16" where the processor has it, else "float32".

    Weights stay float32 in all three; products and sums of the layers are taken in the shorter
    format. Processors compute in bfloat16 by themselves if they have AVX512-BF16 or AMX; without
    either it is slower than float32. Only Linux tells.
    """
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return "mixed_float16"
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8").split() if cpuinfo.exists() else []
    return "mixed_bfloat16" if {"avx512_bf16", "amx_bf16"} & set(flags) else "float32"
