// The file of a store: it comes back, every change and every truncation is refused, a crash at any moment leaves the old or the new.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "search/store.h"
#include "search/tables.h"
#include "support/refusal.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::search;
using namespace oag::search::tests;
using oag::test::TempFolder;
using oag::test::wrong_refusal;

namespace {

StoreSettings settings_of(int64_t dimension, RowType type = RowType::fp32, IdKind ids = IdKind::texts, Metric metric = Metric::cosine) {
  StoreSettings settings;
  settings.dimension = dimension;
  settings.row_type = type;
  settings.id_kind = ids;
  settings.metric = metric;
  settings.precision = 1;
  settings.model_hash = "0123456789abcdef0123456789abcdef";
  settings.model_name = "tiny";
  return settings;
}

// `count` rows with ids "row 0" …, or 0 ….
void fill(Store& store, int64_t count, unsigned seed = 1) {
  const int64_t first = store.count();
  std::string texts;
  std::vector<int64_t> offsets = {0}, numbers;
  for (int64_t i = 0; i < count; ++i) {
    texts += "row " + std::to_string(first + i);
    offsets.push_back(static_cast<int64_t>(texts.size()));
    numbers.push_back(first + i);
  }
  store.append(random_floats(count * store.settings().dimension, seed).data(), {numbers.data(), texts.data(), offsets.data(), count});
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string outcome(const std::string& path) {
  try {
    return "opens with " + std::to_string(Store::open(path)->count()) + " rows";
  } catch (const Error& error) {
    return error.status() == Status::bad_index && error.text().rfind(path, 0) == 0 ? "refused" : "wrong error: " + error.text();
  }
}

std::vector<Hit> all_hits(const Store& store) {
  ThreadPool pool(1);
  const std::vector<float> query = random_floats(store.settings().dimension, 99);
  return store.search(query.data(), 1, 1 << 20, {}, plain_kernels(), pool)[0];
}

}  // namespace

TEST_CASE("a saved store comes back with the same rows, ids, settings and scores") {
  const TempFolder folder;
  for (const RowType type : {RowType::fp32, RowType::bf16, RowType::int8})
    for (const IdKind ids : {IdKind::numbers, IdKind::texts})
      for (const Metric metric : {Metric::dot, Metric::cosine, Metric::euclidean})
        for (const int64_t count : {0, 1, 1000}) {
          Store store(settings_of(37, type, ids, metric));
          fill(store, count);
          const std::string path = folder.file("index");
          store.save(path);
          const auto back = Store::open(path);
          REQUIRE(back->count() == count);
          CHECK(difference(back->settings(), store.settings(), true) == "");
          CHECK(back->settings().model_name == "tiny");
          const std::vector<Hit> before = all_hits(store), after = all_hits(*back);
          REQUIRE(before.size() == after.size());
          for (size_t i = 0; i < before.size(); ++i) REQUIRE((before[i].row == after[i].row && std::memcmp(&before[i].score, &after[i].score, 4) == 0));
          back->with_ids([&](const Ids& names) {
            for (int64_t i = 0; i < count; ++i) REQUIRE((ids == IdKind::numbers ? names.find(i) : names.find("row " + std::to_string(i))) == i);
          });
          // What was opened goes on.
          fill(*back, 3);
          back->save(path);
          CHECK(Store::open(path)->count() == count + 3);
          CHECK(!std::filesystem::exists(path + ".tmp"));
        }
}

TEST_CASE("large stores are several blocks, and the same") {
  const TempFolder folder;
  Store store(settings_of(4096, RowType::fp32, IdKind::numbers));
  fill(store, 700);  // 11 MiB
  store.save(folder.file("index"));
  CHECK(Store::open(folder.file("index"))->count() == 700);
}

TEST_CASE("every flipped byte and every truncation of an index is refused") {
  const TempFolder folder;
  for (const RowType type : {RowType::fp32, RowType::int8})
    for (const IdKind ids : {IdKind::numbers, IdKind::texts}) {
      Store store(settings_of(5, type, ids));
      fill(store, 4);
      const std::string path = folder.file("index");
      store.save(path);
      const std::string whole = bytes_of(path);
      CHECK(outcome(path) == "opens with 4 rows");
      for (size_t i = 0; i < whole.size(); ++i)
        for (const int flip : {0x01, 0x80, 0xff}) {
          std::string damaged = whole;
          damaged[i] = static_cast<char>(damaged[i] ^ flip);
          folder.write("index", damaged);
          REQUIRE_MESSAGE(outcome(path) == "refused", "byte " << i << ": " << outcome(path));
        }
      for (size_t length = 0; length < whole.size(); ++length) {
        folder.write("index", std::string_view(whole).substr(0, length));
        REQUIRE_MESSAGE(outcome(path) == "refused", "cut to " << length << ": " << outcome(path));
      }
      folder.write("index", whole + "x");
      CHECK(outcome(path) == "refused");
      folder.write("index", whole + whole);
      CHECK(outcome(path) == "refused");
    }
}

TEST_CASE("errors name the file and what is the matter") {
  const TempFolder folder;
  CHECK(wrong_refusal(Status::io, {"nothing", "cannot be opened"}, [&] { Store::open(folder.file("nothing")); }) == "");
  CHECK(wrong_refusal(Status::io, {"not a regular file"}, [&] { Store::open(folder.path()); }) == "");
  CHECK(wrong_refusal(Status::bad_index, {"empty", "no index"}, [&] { Store::open(folder.write("empty", "")); }) == "");
  CHECK(wrong_refusal(Status::bad_index, {"not an index"}, [&] { Store::open(folder.write("text", std::string(500, 'a'))); }) == "");
  { const auto journal = Store::open_journal(folder.file("journal"), settings_of(5)); }
  CHECK(wrong_refusal(Status::bad_index, {"journal", "not finished"}, [&] { Store::open(folder.file("journal")); }) == "");
  Store(settings_of(5)).save(folder.file("saved"));
  CHECK(wrong_refusal(Status::bad_index, {"saved", "not a journal"}, [&] { Store::open_journal(folder.file("saved"), settings_of(5)); }) == "");
  CHECK(wrong_refusal(Status::io, {"cannot be opened for writing"}, [&] { Store(settings_of(5)).save(folder.file("no/such/folder")); }) == "");
  CHECK(wrong_refusal(Status::io, {"not a regular file"}, [&] { Store(settings_of(5)).save(folder.path()); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"dimension is 0"}, [&] { Store(settings_of(0)); }) == "");
}

TEST_CASE("rows and ids that cannot be are refused, and nothing is added") {
  Store store(settings_of(3));
  fill(store, 5);
  const std::vector<float> rows(9, 1.0f);
  const auto append = [&](const std::vector<float>& values, std::initializer_list<std::string> names) {
    std::string texts;
    std::vector<int64_t> offsets = {0};
    for (const std::string& name : names) texts += name, offsets.push_back(static_cast<int64_t>(texts.size()));
    store.append(values.data(), {nullptr, texts.data(), offsets.data(), static_cast<int64_t>(names.size())});
  };
  std::vector<float> bad = rows;
  bad[7] = NAN;
  CHECK(wrong_refusal(Status::invalid_argument, {"rows[2]", "NaN", "element 1"}, [&] { append(bad, {"a", "b", "c"}); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"\"row 3\"", "unique"}, [&] { append(rows, {"a", "row 3", "c"}); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"\"a\"", "unique"}, [&] { append(rows, {"a", "b", "a"}); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"ids[1]", "65536 bytes"}, [&] { append(rows, {"a", std::string(65536, 'x'), "c"}); }) == "");
  CHECK(store.count() == 5);
  append(rows, {"a", "b", ""});  // what was refused left nothing behind
  CHECK(store.count() == 8);
  store.with_ids([](const Ids& ids) {
    CHECK(ids.find("row 3") == 3);
    CHECK(ids.find("a") == 5);
    CHECK(ids.find("") == 7);
    CHECK(ids.find("c") == -1);
    CHECK(ids.find(int64_t{3}) == -1);
  });
}

TEST_CASE("the rows that another store has more are added bit for bit, to its file and journal too") {
  const TempFolder folder;
  for (const RowType type : {RowType::fp32, RowType::bf16, RowType::int8})
    for (const IdKind ids : {IdKind::numbers, IdKind::texts}) {
      const StoreSettings settings = settings_of(9, type, ids);
      Store all(settings), some(settings);
      fill(all, 40);
      std::vector<int64_t> numbers = {3, 17};
      const std::string texts = "row 3row 17";
      const std::vector<int64_t> offsets = {0, 5, 11};
      some.append(random_floats(18, 5).data(), {numbers.data(), texts.data(), offsets.data(), 2});
      CHECK(some.append_missing(all) == 38);
      CHECK(some.append_missing(all) == 0);
      CHECK(some.count() == 40);
      const std::string path = folder.file("journal");
      std::filesystem::remove(path);
      {
        const auto journal = Store::open_journal(path, settings);
        CHECK(journal->append_missing(all) == 40);
      }
      const std::vector<Hit> before = all_hits(all), after = all_hits(*Store::open_journal(path, settings));
      REQUIRE(before.size() == after.size());
      for (size_t i = 0; i < before.size(); ++i) REQUIRE((before[i].row == after[i].row && std::memcmp(&before[i].score, &after[i].score, 4) == 0));
    }
  Store store(settings_of(3)), other(settings_of(4));
  CHECK(wrong_refusal(Status::invalid_argument, {"differ", "dimension is 4, not 3"}, [&] { store.append_missing(other); }) == "");
  CHECK(wrong_refusal(Status::invalid_argument, {"itself"}, [&] { store.append_missing(store); }) == "");
}

TEST_CASE("two stores differ by model, precision, dimension and layout, each with both sides") {
  const StoreSettings ours = settings_of(5);
  StoreSettings other = ours;
  CHECK(difference(ours, other, true) == "");
  other.model_hash = "ffff";
  other.model_name = "large";
  CHECK(difference(other, ours, false).find("model large (ffff) in fp32, not model tiny (0123") != std::string::npos);
  other = ours;
  other.precision = 2;
  CHECK(difference(other, ours, false).find("in bf16, not model tiny") != std::string::npos);
  other = ours;
  other.dimension = 6;
  CHECK(difference(other, ours, false) == "its dimension is 6, not 5");
  other = ours;
  other.metric = Metric::dot;
  CHECK(difference(other, ours, false) == "");
  CHECK(difference(other, ours, true) == "its metric is dot, not cosine");
}

// ---- journal

TEST_CASE("a journal that is cut off anywhere comes back with its whole blocks, and goes on") {
  const TempFolder folder;
  const StoreSettings settings = settings_of(4);
  const std::string path = folder.file("journal");
  std::vector<size_t> ends;  // of the header, and of each block
  {
    const auto store = Store::open_journal(path, settings);
    ends.push_back(bytes_of(path).size());
    for (const int64_t rows : {2, 1, 3}) {
      fill(*store, rows);
      ends.push_back(bytes_of(path).size());
    }
  }
  const std::string whole = bytes_of(path);
  const int64_t counts[] = {0, 2, 3, 6};
  for (size_t length = 0; length <= whole.size(); ++length) {
    folder.write("journal", std::string_view(whole).substr(0, length));
    size_t blocks = 0;
    while (blocks + 1 < ends.size() && ends[blocks + 1] <= length) ++blocks;
    {
      const auto store = Store::open_journal(path, settings);
      REQUIRE(store->count() == counts[blocks]);
      fill(*store, 1, 7);
    }
    const auto again = Store::open_journal(path, settings);
    REQUIRE(again->count() == counts[blocks] + 1);
    REQUIRE(again->with_ids([](const Ids& ids) { return ids.find("row 0"); }) == 0);
  }
  // What a power failure may leave: zeros where data was to be.
  folder.write("journal", whole + std::string(5000, '\0'));
  CHECK(Store::open_journal(path, settings)->count() == 6);
  CHECK(bytes_of(path) == whole);
  folder.write("journal", std::string(20, '\0'));
  CHECK(Store::open_journal(path, settings)->count() == 0);
}

TEST_CASE("a journal with a flipped byte: in its last block that block is done again, before it the journal is refused and left as it is") {
  const TempFolder folder;
  const StoreSettings settings = settings_of(4);
  const std::string path = folder.file("journal");
  size_t last;
  {
    const auto store = Store::open_journal(path, settings);
    fill(*store, 2);
    fill(*store, 2);
    last = bytes_of(path).size();
    fill(*store, 2);
  }
  const std::string whole = bytes_of(path);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    folder.write("journal", damaged);
    CAPTURE(i);
    if (i >= last) {
      REQUIRE(Store::open_journal(path, settings)->count() == 4);
    } else {
      REQUIRE(wrong_refusal(Status::bad_index, {path}, [&] { Store::open_journal(path, settings); }) == "");
      REQUIRE(bytes_of(path) == damaged);
    }
  }
}

TEST_CASE("a journal belongs to its settings and to one process") {
  const TempFolder folder;
  const std::string path = folder.file("journal");
  const auto store = Store::open_journal(path, settings_of(4));
  CHECK(wrong_refusal(Status::io, {path, "another process"}, [&] { Store::open_journal(path, settings_of(4)); }) == "");
  fill(*store, 1);
  const std::string other = folder.file("other");
  { const auto made = Store::open_journal(other, settings_of(4)); }
  CHECK(wrong_refusal(Status::bad_index, {other, "dimension is 4, not 5"}, [&] { Store::open_journal(other, settings_of(5)); }) == "");
  CHECK(wrong_refusal(Status::bad_index, {other, "rows are fp32, not int8"}, [&] { Store::open_journal(other, settings_of(4, RowType::int8)); }) == "");
  StoreSettings plain = settings_of(4);
  plain.model_hash = "";
  CHECK(wrong_refusal(Status::bad_index, {other, "no model in particular"}, [&] { Store::open_journal(other, plain); }) == "");
  CHECK(wrong_refusal(Status::bad_index, {"not an index"}, [&] { Store::open_journal(folder.write("text", std::string(300, 'a')), settings_of(4)); }) == "");
}

TEST_CASE("a writer that is killed at any moment leaves a journal with whole batches, and a saved file that is the old or the new") {
  const TempFolder folder;
  const std::string journal = folder.file("journal"), saved = folder.file("saved");
  const StoreSettings settings = settings_of(64);
  {
    Store store(settings);
    fill(store, 1);
    store.save(saved);
  }
  int64_t before = 0;
  for (int kill_after = 0; kill_after < 12; ++kill_after) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        const auto store = Store::open_journal(journal, settings);
        while (true) {
          fill(*store, 10);
          store->save(saved);
        }
      } catch (...) {
        _exit(3);
      }
    }
    usleep(static_cast<useconds_t>(3000 + kill_after * 4000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    const auto store = Store::open_journal(journal, settings);
    CHECK(store->count() % 10 == 0);
    CHECK(store->count() >= before);
    before = store->count();
    const int64_t in_file = Store::open(saved)->count();
    CHECK((in_file == 1 || in_file % 10 == 0));
    CHECK(in_file <= std::max<int64_t>(1, before));
  }
  CHECK(before > 0);
}

TEST_CASE("a saved file keeps its permissions, and a link is followed") {
  const TempFolder folder;
  Store store(settings_of(4));
  store.save(folder.file("real"));
  chmod(folder.file("real").c_str(), 0640);
  std::filesystem::create_symlink("real", folder.file("link"));
  fill(store, 2);
  store.save(folder.file("link"));
  CHECK(std::filesystem::is_symlink(folder.file("link")));
  CHECK(Store::open(folder.file("real"))->count() == 2);
  struct stat status;
  REQUIRE(stat(folder.file("real").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a disk that is full: the journal and the saved file are as before, and the error says so") {
  const TempFolder folder;
  const std::string path = folder.file("journal"), saved = folder.file("saved");
  const auto store = Store::open_journal(path, settings_of(64));
  fill(*store, 5);
  store->save(saved);
  const std::string journal_before = bytes_of(path), saved_before = bytes_of(saved);
  rlimit old;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = journal_before.size() + 100;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string appended = wrong_refusal(Status::io, {path, "cannot be written", "File too large"}, [&] { fill(*store, 5); });
  setrlimit(RLIMIT_FSIZE, &old);
  CHECK(appended == "");
  CHECK(store->count() == 5);
  CHECK(bytes_of(path) == journal_before);
  fill(*store, 5);
  small.rlim_cur = saved_before.size() + 100;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string kept = wrong_refusal(Status::io, {saved, "cannot be written"}, [&] { store->save(saved); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(kept == "");
  CHECK(bytes_of(saved) == saved_before);
  CHECK(!std::filesystem::exists(saved + ".tmp"));
  store->save(saved);
  CHECK(Store::open(saved)->count() == 10);
}
