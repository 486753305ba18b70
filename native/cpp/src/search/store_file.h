// A store as a file. Numbers are little-endian, digests are 32 hexadecimal digits (core/digest.h).
//
//   header   "OAGSTORE", then u32: version, kind of file, metric, row type, id kind, dimension, precision, bytes of the model's hash and of its name; those two
//            texts; digest of all that
//   block*   "BLCK", u32 rows, u64 number of the first row, u64 bytes of the ids; rows [rows, dimension] in the row type, dense; int8: scales
//            [rows] as f32; ids: i64 [rows], or u32 lengths [rows] and the texts; digest of the block up to here
//   end      "DONE", u32 0, u64 rows in all, digest of the end and of all digests before it. A journal has none: it may go on
//
// So every byte is under a digest, and a saved file has an end: any change and any truncation is found. A journal that ends within a block (its process was
// killed) is whole up to the block before; a block that is damaged and followed by a sound one was not the last that was written, and is an error.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/digest.h"
#include "files/output.h"
#include "search/ids.h"
#include "search/rows.h"

namespace oag::search {

struct StoreSettings {
  int64_t dimension = 0;
  Metric metric = Metric::cosine;
  RowType row_type = RowType::fp32;
  IdKind id_kind = IdKind::numbers;
  int precision = 0;       // of the model, as oag_precision; 0: not told
  std::string model_hash;  // empty: of no model in particular
  std::string model_name;  // for people
};

// Error(invalid_argument) naming the setting.
void check_settings(const StoreSettings& settings);
// "model clip-vit-base-patch32 (0123…) in fp32", for errors.
std::string model_of(const StoreSettings& settings);
// Empty when the two have the same vectors (dimension, model hash, precision) and, if `layout`, the same metric, row type and ids; else what
// differs, `ours` second. Settings of no model in particular go with any.
std::string difference(const StoreSettings& found, const StoreSettings& ours, bool layout);

// Rows on their way to or from a file or another store.
struct StoredRows {
  int64_t first_row = 0;
  int64_t count = 0;
  std::function<const void*(int64_t)> elements;  // of row i of these, dense
  std::function<float(int64_t)> scale;           // 1 but for int8
  IdBatch ids;
};

// A file that appears whole or not at all: written beside `path`, brought to the disk, renamed, and the folder brought to the disk.
class SavedFile {
 public:
  SavedFile(const std::string& path, const StoreSettings& settings);
  ~SavedFile();  // without commit: the file at `path` is as before
  SavedFile(const SavedFile&) = delete;
  SavedFile& operator=(const SavedFile&) = delete;

  void write(const StoredRows& rows);
  void commit();

 private:
  void append(const std::string& bytes);

  StoreSettings settings_;
  std::string target_;
  files::OutputFile file_;
  bool committed_ = false;
  int64_t size_ = 0, rows_ = 0;
  Digest digests_;
};

// A file that grows. One process at a time has it open.
class Journal {
 public:
  // Opens or makes it, and hands each whole block to `take`, in order.
  Journal(const std::string& path, const StoreSettings& settings, const std::function<void(const StoredRows&)>& take);

  // On the disk when it returns; on an error the file counts as before.
  void append(const StoredRows& rows);

 private:
  StoreSettings settings_;
  files::OutputFile file_;
  int64_t size_ = 0;  // what is whole
};

// Reads a saved file: the settings go to `begin`, then each block to `take`. Error(bad_index), Error(io).
void read_store(const std::string& path, const std::function<void(const StoreSettings&)>& begin, const std::function<void(const StoredRows&)>& take);

}  // namespace oag::search
