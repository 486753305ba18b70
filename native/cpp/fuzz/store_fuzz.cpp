// An index file, as a saved store or a journal. The first byte chooses which, and whether digests are mended first: few inputs would otherwise get behind them.
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/digest.h"
#include "fuzz/memory_file.h"
#include "search/store.h"

using namespace oag::search;

namespace {

constexpr size_t kDigest = 32;

template <class Number>
size_t number_at(const std::string& bytes, size_t at) {
  Number number = 0;
  if (at + sizeof number <= bytes.size()) std::memcpy(&number, bytes.data() + at, sizeof number);
  return static_cast<size_t>(number);
}

// Writes the digest of [begin, end) at end, where there is room.
bool mend(std::string& bytes, size_t begin, size_t end) {
  if (end > bytes.size() || bytes.size() - end < kDigest) return false;
  bytes.replace(end, kDigest, oag::digest(bytes.data() + begin, end - begin));
  return true;
}

// As store_file.h describes the format, as far as the input has it.
void mend_all(std::string& bytes) {
  const size_t hash = number_at<uint32_t>(bytes, 36), name = number_at<uint32_t>(bytes, 40), row_type = number_at<uint32_t>(bytes, 20), dimension = number_at<uint32_t>(bytes, 28);
  if (hash > 1024 || name > 1024 || dimension > 65536 || !mend(bytes, 0, 44 + hash + name)) return;
  const size_t row = dimension * (row_type == 0 ? 4 : row_type == 1 ? 2 : 1) + (row_type == 2 ? 4 : 0);
  oag::Digest digests;
  digests.add(bytes.data() + 44 + hash + name, kDigest);
  size_t at = 44 + hash + name + kDigest;
  while (bytes.compare(at, 4, "BLCK") == 0) {
    const size_t rows = number_at<uint32_t>(bytes, at + 4), ids = number_at<uint64_t>(bytes, at + 16);
    if (ids > bytes.size() || rows > bytes.size()) return;
    const size_t end = at + 24 + rows * row + ids;
    if (!mend(bytes, at, end)) return;
    digests.add(bytes.data() + end, kDigest);
    at = end + kDigest;
  }
  if (bytes.size() - at < 16 + kDigest) return;
  digests.add(bytes.data() + at, 16);
  bytes.replace(at + 16, kDigest, digests.hex());
}

// A file with a name: a journal is opened by it, and written to.
class NamedFile {
 public:
  explicit NamedFile(const std::string& bytes) {
    const int descriptor = mkstemp(path_);
    fuzz::require(descriptor >= 0 && write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "the system gives a file");
    close(descriptor);
  }
  ~NamedFile() { std::remove(path_); }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;

  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/oag-store-fuzz-XXXXXX";
};

void use(const Store& store) {
  store.with_ids([&](const Ids& ids) {
    for (int64_t row = 0; row < ids.count(); ++row)
      fuzz::require((ids.kind() == IdKind::numbers ? ids.find(ids.number(row)) : ids.find(ids.text(row))) == row, "an id is found again");
  });
  class Alone final : public oag::Parallel {
   public:
    int threads() const override { return 1; }
    void run(int64_t tasks, oag::FunctionRef<void(int64_t, int)> body) override {
      for (int64_t task = 0; task < tasks; ++task) body(task, 0);
    }
  } alone;
  const std::vector<float> query(static_cast<size_t>(store.settings().dimension), 1.0f);
  const auto hits = store.search(query.data(), 1, 10, {}, score_kernels(oag::host::Isa::reference), alone)[0];
  fuzz::require(static_cast<int64_t>(hits.size()) == std::min<int64_t>(10, store.count()), "a search finds what there is");
  for (const Hit& hit : hits) fuzz::require(hit.score == hit.score, "a score is a number");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] & 1) mend_all(bytes);
  try {
    if (data[0] & 2) {
      StoreSettings settings;
      settings.dimension = std::clamp<int64_t>(static_cast<int64_t>(number_at<uint32_t>(bytes, 28)), 1, 64);
      settings.row_type = static_cast<RowType>(number_at<uint32_t>(bytes, 20) % 3);
      settings.metric = static_cast<Metric>(number_at<uint32_t>(bytes, 16) % 3);
      settings.id_kind = static_cast<IdKind>(number_at<uint32_t>(bytes, 24) % 2);
      const NamedFile file(bytes);
      use(*Store::open_journal(file.path(), settings));
    } else {
      const fuzz::MemoryFile file(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      use(*Store::open(file.path()));
    }
  } catch (const oag::Error& error) {
    fuzz::require_useful(error);
  }
  return 0;
}
