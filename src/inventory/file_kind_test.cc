#include "inventory/file_kind.h"

#include <gtest/gtest.h>

#include "inventory/inner/reading_trial.h"

namespace ashlar::inventory {
namespace {

using namespace std::string_literals;

/// As it passes in pieces of this size.
FileKind found(const std::string& bytes, size_t piece) {
  KindFinder finder;
  for (size_t at = 0; at < bytes.size(); at += piece) finder.more(as_bytes(std::string_view(bytes).substr(at, piece)));
  return finder.finish();
}

TEST(FileKind, IsToldByTheBytes) {
  const std::string zip = trial::zip({{"a", "a"}}), tar(as_text(tar_of({{"a/b", "text"}}))), rest = "\0 and so on"s;
  std::string old_tar = tar;  // as tar wrote it before there was `ustar`
  old_tar.replace(257, 8, 8, '\0').replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : old_tar.substr(0, 512)) sum += static_cast<unsigned char>(c);
  std::snprintf(old_tar.data() + 148, 7, "%06o", sum);
  std::string damaged = tar;
  damaged[0] = 'x';
  struct Row { std::string_view summary; std::string bytes; FileKind kind; };
  const Row rows[] = {
      {"nothing", "", FileKind::Other},
      {"text", "hello\n", FileKind::Other},
      {"long text", std::string(5000, 'x'), FileKind::Other},
      {"zeros", std::string(5000, '\0'), FileKind::Other},
      {"a script", "#!/bin/sh\necho\n", FileKind::Other},
      {"a picture", "\x89PNG\r\n\x1a\n"s + rest, FileKind::Other},
      {"byte code of Python", "\xf3\r\r\n"s + rest, FileKind::Other},
      {"ELF", "\x7f" "ELF\2\1"s, FileKind::Program},
      {"PE", "MZ\x90\0\3"s + std::string(100, '\0'), FileKind::Program},
      {"text that begins like PE", "MZ is the mark of DOS, as " + std::string(100, 'x'), FileKind::Other},
      {"Mach-O", "\xcf\xfa\xed\xfe\7"s + rest, FileKind::Program},
      {"Mach-O of several processors, or a class", "\xca\xfe\xba\xbe\0\0\0A"s, FileKind::Program},
      {"WebAssembly", "\0asm\1\0\0\0"s, FileKind::Program},
      {"zip", zip, FileKind::Archive},
      {"an empty zip", trial::zip({}), FileKind::Archive},
      {"jmod", "JM\1\0"s + zip, FileKind::Archive},
      {"zip behind a script", "#!/bin/sh\nexec java -jar $0\n" + zip, FileKind::Archive},
      {"zip behind anything", "whatever\n" + zip, FileKind::Archive},
      {"tar.gz behind a script", "#!/bin/sh\ntail -n +3 $0\n" + std::string(1000, '\n') + "\x1f\x8b\x08\0"s, FileKind::Archive},
      {"tar", tar, FileKind::Archive},
      {"a tar of old", old_tar, FileKind::Archive},
      {"a tar whose checksum is another's", damaged, FileKind::Other},
      {"half of its header", tar.substr(0, 300), FileKind::Other},
      {"gzip", "\x1f\x8b\x08"s + rest, FileKind::Archive},
      {"bzip2", "BZh91AY&SY"s + rest, FileKind::Archive},
      {"bzip2 of nothing", "BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0"s, FileKind::Archive},
      {"text that begins like bzip2", "BZh is a mark", FileKind::Other},
      {"xz", "\xfd" "7zXZ\0"s, FileKind::Archive},
      {"zstd", "\x28\xb5\x2f\xfd"s + rest, FileKind::Archive},
      {"lz4", "\x04\x22\x4d\x18"s + rest, FileKind::Archive},
      {"lzip", "LZIP\1"s + rest, FileKind::Archive},
      {"rar", "Rar!\x1a\7\1\0"s, FileKind::Archive},
      {"7z", "7z\xbc\xaf\x27\x1c"s, FileKind::Archive},
      {"cpio", "070701"s + std::string(104, '0'), FileKind::Archive},
      {"squashfs", "hsqs"s + rest, FileKind::Archive},
      {"cab", "MSCF\0\0\0\0"s, FileKind::Archive},
      {"ar", "!<arch>\n"s, FileKind::Archive},
      {"an rpm", "\xed\xab\xee\xdb\3\0"s, FileKind::Archive},
  };
  for (const Row& row : rows) {
    for (const size_t piece : {1, 3, 100, 512, 100'000}) EXPECT_EQ(found(row.bytes, piece), row.kind) << row.summary << " in pieces of " << piece;
  }
}

TEST(FileKind, IsKnownOfEveryNameOfAFileAndOfKeptLayers) {
  SampleImage image;
  image.add_layer({{"a", "\x7f" "ELF and so on"}, hard_link("b", "a"), {"c.txt", "text"}, {"d", std::string(as_text(tar_of({{"x", "y"}})))}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->files.at("a").kind, FileKind::Program);
  EXPECT_EQ(contents->files.at("b").kind, FileKind::Program);
  EXPECT_EQ(contents->files.at("c.txt").kind, FileKind::Other);
  EXPECT_EQ(contents->files.at("d").kind, FileKind::Archive);
}

}  // namespace
}  // namespace ashlar::inventory
