"""``sdiff``: two files side by side, as ``diff`` lays them out."""

from __future__ import annotations

from dataclasses import replace

from llm_kernel.programs.exact.comparing import diff
from llm_kernel.programs.feeding import tell
from llm_kernel.programs.options import Options
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["sdiff"]

_SDIFF = Options(
    "o,output= i,ignore-case E,ignore-tab-expansion Z,ignore-trailing-space b,ignore-space-change W,ignore-all-space "
    "B,ignore-blank-lines I,ignore-matching-lines= strip-trailing-cr a,text w,width= l,left-column "
    "s,suppress-common-lines t,expand-tabs tabsize= d,minimal H,speed-large-files diff-program=",
    usage="[OPTION]... FILE1 FILE2",
    about="Side-by-side merge of differences between FILE1 and FILE2.",
    authors="Thomas Lord",
    status=2,
    package="diffutils 3.8",
)


@live("sdiff")
async def sdiff(call: Call, io: Io) -> int:
    """Show two files in columns; merging them is a conversation."""
    parsed = _SDIFF.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if "output" in parsed:
        raise NotExact(call.name)
    if len(parsed.operands) < 2:
        return await tell(io, _SDIFF.refuse(call, f"missing operand after '{(call.name, *call.args)[-1]}'"))
    if len(parsed.operands) > 2:
        return await tell(io, _SDIFF.refuse(call, f"extra operand '{parsed.operands[2]}'"))
    given = [f"--{name}" if value is None else f"--{name}={value}" for name, value in parsed.options]
    return await diff(replace(call, name="diff", args=("--side-by-side", *given, "--", *parsed.operands)), io)
