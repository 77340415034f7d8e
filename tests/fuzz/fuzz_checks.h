#pragma once
// What holds for the check of any file of a team.
#include <algorithm>

#include "fuzz.h"
#include "workload/check.h"

namespace fuzz {

inline void check(ashlar::workload::FileKind kind, std::string_view text, std::string_view path) {
  using namespace ashlar::workload;
  const auto checked = ashlar::workload::check(kind, text, path);
  const auto lines = 2 + std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });
  if (!checked) {
    must(!checked.error().message.empty(), "an error says why");
    for (const auto& fault : checked.error().faults) must(fault.line >= 1 && fault.line <= lines && fault.column >= 1, "a fault stands in the text");
    must(!mend(kind, text, path), "what cannot be read is not mended");
    return;
  }
  for (const Remark& each : checked->remarks) {
    must(each.rule != nullptr && find_rule(each.rule->id) == each.rule, "a remark is of a rule");
    must(each.span.begin <= each.span.end && each.span.end <= text.size() && each.span.line >= 1 && each.span.line <= lines && each.span.column >= 1, "a remark stands in the text");
    must(!each.message.empty() && each.message.find('\n') == std::string::npos, "a remark is one line");
    std::size_t before = 0;
    for (const Edit& edit : each.edits) {
      must(edit.begin >= before && edit.begin <= edit.end && edit.end <= text.size(), "edits stand in the text, in their order");
      before = edit.end;
    }
  }
  const auto mended = mend(kind, text, path);
  must(mended.has_value(), "what can be read can be mended");
  must(mended->mended.empty() == (mended->text == text), "what was mended is said");
  const auto again = mend(kind, mended->text, path);
  must(again && again->text == mended->text && again->mended.empty(), "a second time mends nothing");
}

}  // namespace fuzz
