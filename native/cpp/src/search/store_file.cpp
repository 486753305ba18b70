#include "search/store_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "files/file.h"

namespace oag::search {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are written as they are in memory");

constexpr char kMagic[] = "OAGSTORE", kBlock[] = "BLCK", kEnd[] = "DONE";
constexpr uint32_t kVersion = 1;
enum class FileKind : uint32_t { saved = 0, journal = 1 };
constexpr int64_t kDigestBytes = 32;
constexpr int64_t kFixedHeaderBytes = 8 + 9 * 4;
constexpr int64_t kBlockHeaderBytes = 4 + 4 + 8 + 8;
constexpr int64_t kEndBytes = 4 + 4 + 8 + kDigestBytes;
constexpr int64_t kMostTextBytes = 1024;  // of the model's hash or name

[[noreturn]] void refuse(const std::string& path, const std::string& fault) { throw Error(Status::bad_index, path + ": " + fault); }

template <class Number>
void put(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}
template <class Number>
Number get(const char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}
void seal(std::string& bytes) { bytes += digest(bytes.data(), bytes.size()); }
bool sealed(const char* bytes, int64_t count) {
  return digest(bytes, static_cast<size_t>(count - kDigestBytes)).compare(0, std::string::npos, bytes + count - kDigestBytes, kDigestBytes) == 0;
}

std::string header_of(const StoreSettings& settings, FileKind kind) {
  std::string bytes = kMagic;
  for (const uint32_t number : {kVersion, static_cast<uint32_t>(kind), static_cast<uint32_t>(settings.metric), static_cast<uint32_t>(settings.row_type),
                                static_cast<uint32_t>(settings.id_kind), static_cast<uint32_t>(settings.dimension), static_cast<uint32_t>(settings.precision),
                                static_cast<uint32_t>(settings.model_hash.size()), static_cast<uint32_t>(settings.model_name.size())})
    put(bytes, number);
  bytes += settings.model_hash + settings.model_name;
  seal(bytes);
  return bytes;
}

int64_t row_bytes(const StoreSettings& settings) {
  return settings.dimension * element_bytes(settings.row_type) + (settings.row_type == RowType::int8 ? int64_t{sizeof(float)} : 0);
}

std::string block_of(const StoreSettings& settings, const StoredRows& rows) {
  std::string ids;
  if (settings.id_kind == IdKind::numbers) {
    for (int64_t i = 0; i < rows.ids.count; ++i) put(ids, rows.ids.numbers[i]);
  } else {
    for (int64_t i = 0; i < rows.ids.count; ++i) put(ids, static_cast<uint32_t>(rows.ids.text(i).size()));
    for (int64_t i = 0; i < rows.ids.count; ++i) ids += rows.ids.text(i);
  }
  std::string bytes = kBlock;
  bytes.reserve(static_cast<size_t>(kBlockHeaderBytes + rows.count * row_bytes(settings) + kDigestBytes) + ids.size());
  put(bytes, static_cast<uint32_t>(rows.count));
  put(bytes, static_cast<uint64_t>(rows.first_row));
  put(bytes, static_cast<uint64_t>(ids.size()));
  const auto elements = static_cast<size_t>(settings.dimension * element_bytes(settings.row_type));
  for (int64_t i = 0; i < rows.count; ++i) bytes.append(static_cast<const char*>(rows.elements(i)), elements);
  if (settings.row_type == RowType::int8)
    for (int64_t i = 0; i < rows.count; ++i) put(bytes, rows.scale(i));
  bytes += ids;
  seal(bytes);
  return bytes;
}

// A file being read: at `offset` there is the next thing.
class Reader {
 public:
  explicit Reader(const std::string& path) : file_(path) {}

  int64_t left() const { return file_.size() - offset_; }
  int64_t offset() const { return offset_; }
  const std::string& path() const { return file_.path(); }
  [[noreturn]] void refuse(const std::string& fault) const { search::refuse(path(), fault); }

  // Error(bad_index) when the header is not of this kind and sound.
  StoreSettings read_header(FileKind kind);

  // The next block's bytes, whole and sound, or empty where there is none. Does not move.
  std::string peek_block(const StoreSettings& settings, int64_t first_row) const { return block_at(offset_, settings, first_row, false); }
  // Whether a sound block begins anywhere behind the next byte.
  bool has_later_block(const StoreSettings& settings, int64_t first_row) const;
  void skip(int64_t bytes) { offset_ += bytes; }
  std::string read(int64_t bytes) const { return read_at(offset_, bytes); }
  // The digest of what was last read, for the end of a saved file.
  Digest& digests() { return digests_; }

 private:
  std::string read_at(int64_t offset, int64_t bytes) const {
    std::string read(static_cast<size_t>(bytes), '\0');
    file_.read(offset, bytes, read.data());
    return read;
  }
  std::string block_at(int64_t offset, const StoreSettings& settings, int64_t first_row, bool or_later) const;

  files::File file_;
  int64_t offset_ = 0;
  Digest digests_;
};

StoreSettings Reader::read_header(FileKind kind) {
  if (left() < kFixedHeaderBytes || read(8) != kMagic) refuse(left() == 0 ? "is empty: it is no index" : "is not an index of this library");
  const std::string fixed = read(kFixedHeaderBytes);
  const auto field = [&](int i) { return get<uint32_t>(fixed.data() + 8 + i * 4); };
  if (field(0) != kVersion) refuse("is of index version " + std::to_string(field(0)) + ", or damaged; this library reads version " + std::to_string(kVersion));
  const int64_t total = kFixedHeaderBytes + int64_t{field(7)} + int64_t{field(8)} + kDigestBytes;
  if (field(7) > kMostTextBytes || field(8) > kMostTextBytes || total > left()) refuse("its header is damaged or cut off");
  const std::string header = read(total);
  if (!sealed(header.data(), total)) refuse("its header is damaged");
  if (field(1) != static_cast<uint32_t>(kind))
    refuse(kind == FileKind::saved ? "is the journal of an index that is not finished: go on with indexing, which ends it" : "is a finished index, not a journal");
  if (field(2) > 2 || field(3) > 2 || field(4) > 1 || field(6) > 4) refuse("its header has settings that this version does not know");
  StoreSettings settings;
  settings.metric = static_cast<Metric>(field(2));
  settings.row_type = static_cast<RowType>(field(3));
  settings.id_kind = static_cast<IdKind>(field(4));
  settings.dimension = field(5);
  settings.precision = static_cast<int>(field(6));
  settings.model_hash = header.substr(kFixedHeaderBytes, field(7));
  settings.model_name = header.substr(kFixedHeaderBytes + field(7), field(8));
  if (settings.dimension < 1 || settings.dimension > kMostWidth) refuse("its header has a dimension of " + std::to_string(settings.dimension));
  digests_.add(header.data() + total - kDigestBytes, kDigestBytes);
  skip(total);
  return settings;
}

std::string Reader::block_at(int64_t offset, const StoreSettings& settings, int64_t first_row, bool or_later) const {
  const int64_t there = file_.size() - offset;
  if (there < kBlockHeaderBytes + kDigestBytes) return "";
  const std::string header = read_at(offset, kBlockHeaderBytes);
  const int64_t rows = get<uint32_t>(header.data() + 4);
  const auto first = get<uint64_t>(header.data() + 8), id_bytes = get<uint64_t>(header.data() + 16);
  if (header.compare(0, 4, kBlock) != 0 || rows < 1) return "";
  if (or_later ? first < static_cast<uint64_t>(first_row) : first != static_cast<uint64_t>(first_row)) return "";
  const int64_t room = there - kBlockHeaderBytes - kDigestBytes - rows * row_bytes(settings);
  if (room < 0 || id_bytes > static_cast<uint64_t>(room)) return "";
  const int64_t total = kBlockHeaderBytes + rows * row_bytes(settings) + static_cast<int64_t>(id_bytes) + kDigestBytes;
  std::string block = read_at(offset, total);
  return sealed(block.data(), total) ? block : "";
}

bool Reader::has_later_block(const StoreSettings& settings, int64_t first_row) const {
  constexpr int64_t kWindow = int64_t{1} << 20;
  for (int64_t begin = offset_ + 1; begin < file_.size(); begin += kWindow) {
    const std::string window = read_at(begin, std::min(kWindow + 3, file_.size() - begin));
    for (size_t at = window.find(kBlock); at != std::string::npos; at = window.find(kBlock, at + 1))
      if (!block_at(begin + static_cast<int64_t>(at), settings, first_row, true).empty()) return true;
  }
  return false;
}

// Hands a sound block to `take`. Its contents are checked all the same: a digest is no proof against an adversary.
void take_block(const Reader& reader, const StoreSettings& settings, const std::string& block, const std::function<void(const StoredRows&)>& take) {
  StoredRows rows;
  rows.count = get<uint32_t>(block.data() + 4);
  rows.first_row = static_cast<int64_t>(get<uint64_t>(block.data() + 8));
  const auto id_bytes = static_cast<int64_t>(get<uint64_t>(block.data() + 16));
  const int64_t elements = settings.dimension * element_bytes(settings.row_type);
  const char* const values = block.data() + kBlockHeaderBytes;
  const char* const scales = values + rows.count * elements;
  const char* const ids = values + rows.count * row_bytes(settings);
  // Numbers in a block stand at any byte: what must be aligned is copied.
  std::vector<int64_t> numbers, offsets;
  rows.ids.count = rows.count;
  if (settings.id_kind == IdKind::numbers) {
    if (id_bytes != rows.count * int64_t{sizeof(int64_t)}) reader.refuse("the ids of a block do not match its rows");
    numbers.resize(static_cast<size_t>(rows.count));
    std::memcpy(numbers.data(), ids, static_cast<size_t>(id_bytes));
    rows.ids.numbers = numbers.data();
  } else {
    const int64_t lengths = rows.count * int64_t{sizeof(uint32_t)};
    if (id_bytes < lengths) reader.refuse("the ids of a block do not match its rows");
    offsets.push_back(0);
    for (int64_t i = 0; i < rows.count; ++i) offsets.push_back(offsets.back() + get<uint32_t>(ids + i * int64_t{sizeof(uint32_t)}));
    if (offsets.back() != id_bytes - lengths) reader.refuse("the ids of a block do not match its rows");
    rows.ids.texts = ids + lengths;
    rows.ids.offsets = offsets.data();
  }
  rows.elements = [=](int64_t i) -> const void* { return values + i * elements; };
  const bool scaled = settings.row_type == RowType::int8;
  rows.scale = [=](int64_t i) { return scaled ? get<float>(scales + i * int64_t{sizeof(float)}) : 1.0f; };
  take(rows);
}

}  // namespace

void check_settings(const StoreSettings& settings) {
  if (settings.dimension < 1 || settings.dimension > kMostWidth)
    throw Error(Status::invalid_argument, "dimension is " + std::to_string(settings.dimension) + "; a store takes 1 to " + std::to_string(kMostWidth));
  if (settings.model_hash.size() > static_cast<size_t>(kMostTextBytes) || settings.model_name.size() > static_cast<size_t>(kMostTextBytes))
    throw Error(Status::invalid_argument, "the model's hash or name has more than " + std::to_string(kMostTextBytes) + " bytes");
}

std::string model_of(const StoreSettings& settings) {
  static constexpr const char* kPrecisions[] = {"", " in fp32", " in bf16", " in fp16", " in int8"};
  if (settings.model_hash.empty()) return "no model in particular";
  return "model " + (settings.model_name.empty() ? "" : settings.model_name + " ") + "(" + settings.model_hash + ")" + kPrecisions[settings.precision];
}

std::string difference(const StoreSettings& found, const StoreSettings& ours, bool layout) {
  std::string text;
  const auto add = [&](const std::string& theirs, const std::string& own) { text += (text.empty() ? "" : "; ") + theirs + ", not " + own; };
  const bool modelled = !found.model_hash.empty() && !ours.model_hash.empty();
  if (modelled && (found.model_hash != ours.model_hash || (found.precision != ours.precision && found.precision && ours.precision))) add("it is of " + model_of(found), model_of(ours));
  if (found.dimension != ours.dimension) add("its dimension is " + std::to_string(found.dimension), std::to_string(ours.dimension));
  if (layout && found.metric != ours.metric) add(std::string("its metric is ") + name_of(found.metric), name_of(ours.metric));
  if (layout && found.row_type != ours.row_type) add(std::string("its rows are ") + name_of(found.row_type), name_of(ours.row_type));
  if (layout && found.id_kind != ours.id_kind) add(std::string("its ids are ") + name_of(found.id_kind), name_of(ours.id_kind));
  return text;
}

SavedFile::SavedFile(const std::string& path, const StoreSettings& settings)
    : settings_(settings), target_(files::resolve_target(path)), file_(target_ + ".tmp") {
  file_.truncate(0);  // of a process that was killed
  const std::string header = header_of(settings, FileKind::saved);
  digests_.add(header.data() + header.size() - kDigestBytes, kDigestBytes);
  append(header);
}

SavedFile::~SavedFile() {
  if (!committed_ && file_.is_in_place()) std::remove(file_.path().c_str());
}

void SavedFile::append(const std::string& bytes) {
  file_.write(size_, bytes.data(), static_cast<int64_t>(bytes.size()));
  size_ += static_cast<int64_t>(bytes.size());
}

void SavedFile::write(const StoredRows& rows) {
  const std::string block = block_of(settings_, rows);
  digests_.add(block.data() + block.size() - kDigestBytes, kDigestBytes);
  append(block);
  rows_ += rows.count;
}

void SavedFile::commit() {
  std::string end = kEnd;
  put(end, uint32_t{0});
  put(end, static_cast<uint64_t>(rows_));
  digests_.add(end.data(), end.size());
  append(end + digests_.hex());
  if (!file_.is_in_place()) throw Error(Status::io, file_.path() + ": was taken away while it was written");
  file_.rename_to(target_);
  committed_ = true;
}

Journal::Journal(const std::string& path, const StoreSettings& settings, const std::function<void(const StoredRows&)>& take)
    : settings_(settings), file_(files::resolve_target(path)) {
  const std::string header = header_of(settings, FileKind::journal);
  Reader reader(file_.path());
  const int64_t there = std::min(reader.left(), static_cast<int64_t>(header.size()));
  const std::string begin = reader.read(there);
  // A process that was killed, or a machine that lost its power, while the header was written.
  const bool unfinished = there < static_cast<int64_t>(header.size()) && (header.compare(0, begin.size(), begin) == 0 || begin.find_first_not_of('\0') == std::string::npos);
  if (unfinished) {
    file_.truncate(0);
    file_.write(0, header.data(), static_cast<int64_t>(header.size()));
    file_.sync();
    files::sync_folder_of(file_.path());
    size_ = static_cast<int64_t>(header.size());
    return;
  }
  const StoreSettings found = reader.read_header(FileKind::journal);
  if (const std::string text = difference(found, settings, true); !text.empty() || found.model_hash.empty() != settings.model_hash.empty())
    refuse(path, "is the journal of something else: " + (text.empty() ? "it is of " + model_of(found) + ", not " + model_of(settings) : text));
  int64_t rows = 0;
  for (std::string block = reader.peek_block(found, 0); !block.empty(); block = reader.peek_block(found, rows)) {
    take_block(reader, found, block, take);
    rows += get<uint32_t>(block.data() + 4);
    reader.skip(static_cast<int64_t>(block.size()));
  }
  size_ = reader.offset();
  if (reader.left() > 0) {
    if (reader.has_later_block(found, rows)) refuse(path, "is damaged at byte " + std::to_string(size_) + ", within what was whole once");
    file_.truncate(size_);
    file_.sync();
  }
}

void Journal::append(const StoredRows& rows) {
  const std::string block = block_of(settings_, rows);
  try {
    file_.write(size_, block.data(), static_cast<int64_t>(block.size()));
    file_.sync();
  } catch (...) {
    try {
      file_.truncate(size_);
    } catch (const Error&) {
      // then the next one overwrites it
    }
    throw;
  }
  size_ += static_cast<int64_t>(block.size());
}

void read_store(const std::string& path, const std::function<void(const StoreSettings&)>& begin, const std::function<void(const StoredRows&)>& take) {
  Reader reader(path);
  const StoreSettings settings = reader.read_header(FileKind::saved);
  begin(settings);
  int64_t rows = 0;
  for (std::string block = reader.peek_block(settings, 0); !block.empty(); block = reader.peek_block(settings, rows)) {
    take_block(reader, settings, block, take);
    rows += get<uint32_t>(block.data() + 4);
    reader.digests().add(block.data() + block.size() - kDigestBytes, kDigestBytes);
    reader.skip(static_cast<int64_t>(block.size()));
  }
  std::string end;
  if (reader.left() >= kEndBytes) {
    end = reader.read(kEndBytes);
    reader.digests().add(end.data(), static_cast<size_t>(kEndBytes - kDigestBytes));
  }
  if (end.compare(0, 4, kEnd) != 0 || get<uint64_t>(end.data() + 8) != static_cast<uint64_t>(rows) ||
      reader.digests().hex().compare(0, std::string::npos, end, static_cast<size_t>(kEndBytes - kDigestBytes), kDigestBytes) != 0)
    reader.refuse("is damaged or cut off at byte " + std::to_string(reader.offset()) + ", behind " + std::to_string(rows) + " sound rows");
  if (reader.left() > kEndBytes) reader.refuse("goes on behind its end: something was appended to it");
}

}  // namespace oag::search
