#include "write.h"

const struct report_form report_forms[] = {
    { "json", write_json }, { "jsonl", write_jsonl }, { "sarif", write_sarif },
    { "hf", write_hf },     { "md", write_markdown }, { "html", write_html },
    { NULL, NULL }
};
