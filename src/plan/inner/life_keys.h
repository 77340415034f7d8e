#pragma once
// What an image without a shell is told in its definition, and no script does later: health, certificates, time zone, locales.
#include "plan/definition.h"
#include "plan/inner/reader.h"

namespace ashlar::plan {

void read_health(Reader& reader, const YamlNode& node, Definition& into);
void read_certificates(Reader& reader, const YamlNode& node, Definition& into);
/// `Europe/Berlin`: a path below /usr/share/zoneinfo.
void read_time_zone(Reader& reader, const YamlNode& node, Definition& into);
/// `de_DE.UTF-8`: names of locales(5). Each is a slice of the package `locales-all`, which is asked for.
void read_locales(Reader& reader, const YamlNode& node, Definition& into);

}  // namespace ashlar::plan
