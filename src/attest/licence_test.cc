#include "attest/licence.h"

#include <gtest/gtest.h>

#include "attest/inner/licence_names.h"

namespace ashlar::attest {
namespace {

TEST(Licence, NamesTable) {
  struct Row { std::string name, spdx; };
  const std::vector<Row> rows = {
      {"GPL-2", "GPL-2.0-only"}, {"GPL-2+", "GPL-2.0-or-later"}, {"gpl-3.0+", "GPL-3.0-or-later"}, {"GPL", "GPL-1.0-or-later"}, {"GPL-2.0-only", "GPL-2.0-only"}, {"GPL-2.0-or-later", "GPL-2.0-or-later"},
      {"LGPL-2.1", "LGPL-2.1-only"}, {"LGPL-2+", "LGPL-2.0-or-later"}, {"LGPL", "LGPL-2.0-or-later"}, {"AGPL-3+", "AGPL-3.0-or-later"}, {"GFDL-1.3+", "GFDL-1.3-or-later"},
      {"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"}, {"Expat", "MIT"}, {"BSD-3-clause", "BSD-3-Clause"}, {"Artistic", "Artistic-1.0-Perl"}, {"Apache-2.0", "Apache-2.0"}, {"CC0-1.0", "CC0-1.0"},
      {"ISC", "ISC"}, {"zlib", "Zlib"}, {"public-domain", ""}, {"BSD-variant", ""}, {"GPL-4", ""}, {"", ""}, {"+", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(spdx_licence(row.name), row.spdx) << row.name;
  EXPECT_EQ(spdx_exception("OpenSSL exception"), "") << "SPDX lists those of single programs alone, each with its own words";
  EXPECT_EQ(spdx_exception("LLVM exception"), "LLVM-exception");
  EXPECT_EQ(spdx_exception("GCC-Runtime-exception"), "GCC-exception-3.1");
  EXPECT_EQ(spdx_exception("Bison-exception-2.2"), "Bison-exception-2.2");
  EXPECT_EQ(spdx_exception("no such exception"), "");
}

TEST(Licence, ExpressionsTable) {
  struct Row { std::string summary, synopsis, expected; };
  const std::vector<Row> rows = {
      {"one", "GPL-2+", "GPL-2.0-or-later"},
      {"either", "GPL-1+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"},
      {"both", "Expat and ISC", "MIT AND ISC"},
      {"and binds closer", "Expat or ISC and Zlib", "MIT OR (ISC AND Zlib)"},
      {"a comma binds least", "GPL-2 or Artistic, and BSD-3-clause", "(GPL-2.0-only OR Artistic-1.0-Perl) AND BSD-3-Clause"},
      {"a list of commas", "Expat, ISC", "MIT AND ISC"},
      {"three of a kind", "Expat or ISC or Zlib", "MIT OR ISC OR Zlib"},
      {"the same twice", "Expat and MIT", "MIT"},
      {"an exception", "GPL-3+ with GCC-Runtime exception", "GPL-3.0-or-later WITH GCC-exception-3.1"},
      {"words in capitals", "Expat AND ISC", "MIT AND ISC"},
      {"an operator at the end", "Expat and", "MIT AND LicenseRef-unnamed-"},
      {"a lonely comma", ",", "LicenseRef-unnamed-"},
      {"a name that SPDX has not", "BSD-like or Expat", "LicenseRef-BSD-like-"},
      {"an exception that SPDX has not", "GPL-2 with magic exception", "LicenseRef-GPL-2-with-magic-exception-"},
      {"an exception of many words that SPDX has not", "GPL-2 with OpenSSL exception", "LicenseRef-GPL-2-with-OpenSSL-exception-"},
  };
  for (const Row& row : rows) {
    std::map<std::string, std::string> texts;
    const std::string found = to_spdx(row.synopsis, [](std::string_view) { return std::string("its text"); }, texts);
    EXPECT_EQ(found.substr(0, row.expected.size()), row.expected) << row.summary;
    EXPECT_TRUE(row.expected.ends_with("-") || found == row.expected) << row.summary << ": " << found;
    for (const auto& [id, text] : texts) EXPECT_NE(found.find(id), std::string::npos) << row.summary;
  }
}

constexpr std::string_view structured =
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: a\n\n"
    "Files: *\nCopyright: A\nLicense: Expat\n\n"
    "Files: b/*\nCopyright: B\nLicense: GPL-2+ or odd\n\n"
    "Files: debian/*\nCopyright: C\nLicense: Expat\n Permission is granted.\n\n"
    "License: GPL-2+\n On Debian systems see /usr/share/common-licenses/GPL-2.\n\n"
    "License: odd\n Do what is odd.\n .\n And even.\n";

TEST(Licence, AMachineReadableFileGivesAllThatItsFilesHave) {
  const Licence licence = read_copyright(structured, "usr/share/doc/a/copyright");
  ASSERT_EQ(licence.texts.size(), 1U);
  const auto& [id, text] = *licence.texts.begin();
  EXPECT_TRUE(id.starts_with("LicenseRef-odd-")) << id;
  EXPECT_EQ(text, "Do what is odd.\n\nAnd even.\n");
  EXPECT_EQ(licence.expression, "(GPL-2.0-or-later OR " + id + ") AND MIT");
  EXPECT_EQ(licence.comment, "from /usr/share/doc/a/copyright");
}

TEST(Licence, OneNameWithTwoTextsIsTwoLicences) {
  std::map<std::string, std::string> texts;
  const std::string first = to_spdx("other", [](std::string_view) { return std::string("one"); }, texts);
  const std::string second = to_spdx("other", [](std::string_view) { return std::string("two"); }, texts);
  EXPECT_NE(first, second);
  EXPECT_EQ(texts.size(), 2U);
}

TEST(Licence, FreeFormTable) {
  struct Row { std::string summary, text, expected; };
  const std::vector<Row> rows = {
      {"a version alone", "See /usr/share/common-licenses/GPL-2.", "GPL-2.0-only"},
      {"any later version", "either version 2, or (at your option) any later version.\n\nSee `/usr/share/common-licenses/GPL-2'", "GPL-2.0-or-later"},
      {"several", "/usr/share/common-licenses/LGPL-2.1 and /usr/share/common-licenses/Artistic", "Artistic-1.0-Perl AND LGPL-2.1-only"},
      {"the link without a version", "/usr/share/common-licenses/GPL", "GPL-1.0-or-later"},
      {"Apache", "/usr/share/common-licenses/Apache-2.0, or not", "Apache-2.0"},
      {"a licence by its own words", "Permission is hereby granted, free of charge, to any person obtaining a copy of this\nsoftware", "MIT"},
      {"Python's own", "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2\n--------", "PSF-2.0"},
      {"none that is known", "You may use this.", ""},
      {"a folder alone", "/usr/share/common-licenses/", ""},
      {"nothing", "", ""},
      {"a structured head with nothing below", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n", ""},
      {"damaged structure", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nnot a field\n/usr/share/common-licenses/GPL-3\n", "GPL-3.0-only"},
  };
  for (const Row& row : rows) {
    const Licence licence = read_copyright(row.text, "usr/share/doc/a/copyright");
    EXPECT_EQ(licence.expression, row.expected) << row.summary;
    EXPECT_NE(licence.comment.find("free form (its " + Digest::of(row.text).str() + ")"), std::string::npos) << row.summary << licence.comment;
    EXPECT_EQ(licence.comment.starts_with("not known"), row.expected.empty()) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::attest
