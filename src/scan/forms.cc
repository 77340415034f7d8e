#include "scan/forms.h"

#include <array>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

constexpr std::array rows = {
    Form{"table", "what matters first, for people", write_table},
    Form{"json", "everything, for scripts (docs/formats/scan.md)", write_json},
};

}  // namespace

std::span<const Form> forms() { return rows; }

}  // namespace ashlar::scan
