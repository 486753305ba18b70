/* A shared library that is no plugin. */
int oag_no_plugin(void);
__attribute__((visibility("default"))) int oag_no_plugin(void) { return 7; }
