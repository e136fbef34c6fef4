"""Whether bf16 is worth computing in."""

from __future__ import annotations

import torch


def computes_bf16(device: torch.device) -> bool:
    """Return whether device computes in bf16 itself. Where it does not, bf16 is emulated, and slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))
