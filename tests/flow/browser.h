#pragma once
// A headless browser that reads our pages, without a network. Ask for `chromium` with ASHLAR_NEED first.
#include "stage.h"

namespace ashlar::flow {

/// The document as the browser reads it.
Ran dumped_dom(const Stage& stage, const std::string& page);

/// How the browser lays it out in a window that is so wide: `overflow` (pixels that it is wider), `charts` (each `id`, `width`, `height`, and `outside`: texts that do not lie within it), `tables`
/// (each `id`, `rows`, `width`, `empty`: cells of heads without a width), and `text`, all that is seen, in lines.
Json laid_out(const Stage& stage, const std::string& page, int width);

}  // namespace ashlar::flow
