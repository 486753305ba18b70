"""The golden CLIP models: what each one covers. Every field says how it differs from a plain folder."""

from dataclasses import dataclass, field

VOCABULARY, START_ID, END_ID = 600, 598, 599

OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073]
OPENAI_STD = [0.26862954, 0.26130258, 0.27577711]


def text_config(hidden, heads, mlp, layers=2, act="quick_gelu", **more):
    """Keyword arguments of CLIPTextConfig."""
    return {
        "vocab_size": VOCABULARY, "hidden_size": hidden, "intermediate_size": mlp, "num_hidden_layers": layers,
        "num_attention_heads": heads, "max_position_embeddings": 77, "hidden_act": act,
        "bos_token_id": START_ID, "eos_token_id": END_ID, "pad_token_id": END_ID,
    } | more


def vision_config(hidden, heads, mlp, image, patch, layers=2, act="quick_gelu", **more):
    """Keyword arguments of CLIPVisionConfig."""
    return {
        "hidden_size": hidden, "intermediate_size": mlp, "num_hidden_layers": layers, "num_attention_heads": heads,
        "image_size": image, "patch_size": patch, "hidden_act": act,
    } | more


def processor(size, crop=None, **more):
    """preprocessor_config.json of a CLIP folder; `crop` is the size of the centre crop, as written in the file."""
    return {
        "crop_size": crop if crop is not None else size, "do_center_crop": True, "do_convert_rgb": True,
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": OPENAI_MEAN,
        "image_processor_type": "CLIPImageProcessor", "image_std": OPENAI_STD, "resample": 3,
        "rescale_factor": 0.00392156862745098, "size": size,
    } | more


@dataclass
class Variant:
    name: str
    covers: str                      # goes into golden.json, so that a failing test says what it stands for
    seed: int
    text: dict
    vision: dict
    processor: dict
    projection: int = 24
    matrices: float = 2.5            # how much larger than fresh ones the matrices are
    # Of the weights; config.json keeps another value, which must not be used. Models with gelu have CLIP's trained one,
    # 100: gelu and its tanh form are so close that smaller logits would hide which of them ran.
    logit_scale: float = 3.2
    config: dict | None = None       # config.json, when it is not simply both full sub-configs
    config_extra: dict = field(default_factory=dict)
    dtypes: str = "F32"              # F32, F16, BF16 or mixed
    shards: int = 1
    prefix: str = ""                 # before every tensor's name
    extra_tensors: tuple = ()        # "position_ids", "classifier"
    processor_file: str = "preprocessor_config.json"
    linked: bool = False             # files are links to blobs named by digest
    legacy_merges: bool = False
    ids_only: tuple = ()             # rows of token ids that no text gives
    hidden: bool = False             # golden.json also holds the states after each block


def _openai_style():
    """config.json with every key that openai/clip-vit-base-patch32 has, generation settings included."""
    noise = {"_name_or_path": "", "add_cross_attention": False, "architectures": None, "bad_words_ids": None,
             "chunk_size_feed_forward": 0, "diversity_penalty": 0.0, "do_sample": False, "id2label":
             {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}, "num_beams": 1, "prefix": None,
             "return_dict": True, "temperature": 1.0, "tie_encoder_decoder": False, "tie_word_embeddings": True,
             "top_k": 50, "torchscript": False, "transformers_version": "4.16.0.dev0", "use_bfloat16": False,
             "attention_dropout": 0.0, "dropout": 0.0, "initializer_factor": 1.0, "initializer_range": 0.02,
             "layer_norm_eps": 1e-05, "projection_dim": 512}
    text = noise | text_config(32, 4, 36) | {"model_type": "clip_text_model", "bos_token_id": 0, "eos_token_id": 2,
                                             "pad_token_id": 1}
    vision = noise | vision_config(32, 4, 36, 32, 8) | {"model_type": "clip_vision_model", "num_channels": 3,
                                                        "eos_token_id": None}
    return {"architectures": ["CLIPModel"], "initializer_factor": 1.0, "logit_scale_init_value": 2.6592,
            "model_type": "clip", "projection_dim": 24, "text_config": text, "text_config_dict": None,
            "torch_dtype": "float32", "transformers_version": None, "vision_config": vision,
            "vision_config_dict": None}


def _sparse():
    """Only what differs from the defaults of transformers: 12 text layers, 8 and 12 heads, 224 / 32 and more stay out."""
    return {"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 20,
            "text_config": {"vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 16,
                            "eos_token_id": END_ID},
            "vision_config": {"hidden_size": 24, "intermediate_size": 21, "num_hidden_layers": 2}}


def _config_dicts():
    """text_config_dict / vision_config_dict win over text_config / vision_config, and so do their *defaults*:
    a key that only text_config has (layer_norm_eps, hidden_act below) falls back to the class default."""
    text = text_config(24, 2, 40, max_position_embeddings=20)
    vision = vision_config(32, 2, 41, 36, 12)
    return {"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 16,
            "text_config": {"hidden_size": 96, "num_hidden_layers": 7, "layer_norm_eps": 0.5, "hidden_act": "gelu",
                            "num_attention_heads": 6},
            "text_config_dict": {key: value for key, value in text.items() if key != "hidden_act"},
            "vision_config": {"hidden_size": 640, "patch_size": 4, "layer_norm_eps": 0.25, "hidden_act": "relu"},
            "vision_config_dict": {key: value for key, value in vision.items() if key != "hidden_act"}}


VARIANTS = [
    Variant(
        name="tiny-clip", seed=34, hidden=True,
        covers="the shape of openai/clip-vit-base-patch32: full config with generation keys, eos_token_id 2 (pooled at "
               "the largest id), integer sizes, position_ids in the weights, torch_dtype",
        text=text_config(32, 4, 36, eos_token_id=2, bos_token_id=0, pad_token_id=1),
        vision=vision_config(32, 4, 36, 32, 8), processor=processor(32), config=_openai_style(),
        extra_tensors=("position_ids",), legacy_merges=True,
        ids_only=((598, 320, 599, 320, 599), (320, 514, 320), (320, 597, 18, 597, 19)),
    ),
    Variant(
        name="modern-eos", seed=77, logit_scale=4.6052, matrices=3.0,
        covers="first eos_token_id, wherever it stands and position 0 where there is none; gelu; heads of 16 and 24; "
               "image 28 with patch 8, whose last 4 rows and columns no patch sees; layer_norm_eps 1e-3 and 1e-2",
        text=text_config(16, 1, 27, act="gelu", layer_norm_eps=1e-3),
        vision=vision_config(48, 2, 33, 28, 8, act="gelu", layer_norm_eps=1e-2),
        processor=processor({"shortest_edge": 28}, {"height": 28, "width": 28}),
        ids_only=((598, 320, 599, 519, 599), (320, 519, 598, 514), (599, 320, 598), (17,)),
        config_extra={"torch_dtype": "float32"},
    ),
    Variant(
        name="tanh-f16", seed=1, logit_scale=4.6052, dtypes="F16",
        covers="gelu_pytorch_tanh, weights in F16, heads of 10, patch 14, dtype key of transformers 5, resize larger "
               "than the crop",
        text=text_config(40, 4, 61, act="gelu_pytorch_tanh"),
        vision=vision_config(40, 4, 61, 42, 14, act="gelu_pytorch_tanh"),
        processor=processor({"shortest_edge": 50}, {"height": 42, "width": 42}), config_extra={"dtype": "float16"},
    ),
    Variant(
        name="bf16-shards", seed=4, logit_scale=4.6052, dtypes="BF16", shards=3,
        covers="weights in BF16 in three shards with an index, patch 32, projection wider than the towers, towers of "
               "unlike depth and activation",
        text=text_config(24, 3, 30, layers=3, act="gelu"),
        vision=vision_config(16, 1, 24, 96, 32, layers=1), projection=40,
        processor=processor({"shortest_edge": 96}, {"height": 96, "width": 96}),
        config_extra={"torch_dtype": "bfloat16"},
    ),
    Variant(
        name="mixed-dtypes", seed=1, matrices=4.0, dtypes="mixed",
        covers="F32, F16 and BF16 in one file, odd mlp widths, three layers, 5×5 patches",
        text=text_config(32, 4, 33, layers=3), vision=vision_config(24, 3, 67, 40, 8, layers=3),
        processor=processor({"shortest_edge": 40}, {"height": 40, "width": 40}),
    ),
    Variant(
        name="sparse-defaults", seed=19, matrices=4.0, dtypes="F16", projection=20,
        covers="config.json with only what differs from the defaults of transformers: 12 text layers, 8 text heads of 2, "
               "12 image heads of 2, image 224, patch 32, 77 positions, quick_gelu; preprocessor_config.json almost empty",
        text=text_config(16, 8, 16, layers=12), vision=vision_config(24, 12, 21, 224, 32),
        processor={"image_processor_type": "CLIPImageProcessor"}, config=_sparse(),
    ),
    Variant(
        name="config-dicts", seed=28, projection=16,
        covers="text_config_dict and vision_config_dict, whose values and defaults win over the wrong ones in "
               "text_config and vision_config; 20 positions, so texts are cut earlier; CLIPFeatureExtractor",
        text=text_config(24, 2, 40, max_position_embeddings=20), vision=vision_config(32, 2, 41, 36, 12),
        processor={"crop_size": 36, "do_center_crop": True, "do_normalize": True, "do_resize": True,
                   "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": OPENAI_MEAN,
                   "image_std": OPENAI_STD, "resample": 3, "size": 36},
        config=_config_dicts(),
    ),
    Variant(
        name="processor-config", seed=22, logit_scale=4.6052, matrices=3.0,
        covers="processor_config.json with a nested image_processor instead of preprocessor_config.json; bilinear, "
               "own mean and std, a picture squeezed to height and width without a crop; sub-configs with a "
               "projection_dim that CLIPModel does not use",
        text=text_config(24, 1, 29, act="gelu", projection_dim=7),
        vision=vision_config(24, 1, 29, 56, 14, act="gelu", projection_dim=9),
        processor=processor({"height": 56, "width": 56}, image_mean=[0.5, 0.4, 0.3], image_std=[0.5, 0.25, 0.2],
                            resample=2, do_center_crop=False, image_processor_type="CLIPImageProcessorFast"),
        processor_file="processor_config.json",
    ),
    Variant(
        name="prefix-clip", seed=37, matrices=4.0, prefix="clip.",
        covers='names that begin with "clip.", as in a classifier trained on top, whose own tensor stands beside them',
        text=text_config(16, 2, 20), vision=vision_config(16, 2, 20, 24, 8),
        processor=processor({"shortest_edge": 24}, {"height": 24, "width": 24}),
        extra_tensors=("position_ids", "classifier"), projection=12,
    ),
    Variant(
        name="prefix-model", seed=6, matrices=3.0, prefix="model.",
        covers='names that begin with "model.", as training frameworks that wrap the model leave them',
        text=text_config(16, 1, 20), vision=vision_config(16, 1, 20, 32, 16),
        processor=processor({"shortest_edge": 32}, {"height": 32, "width": 32}), projection=12,
    ),
    Variant(
        name="hub-links", seed=10, logit_scale=4.6052, shards=2, linked=True,
        covers="the cache of the Hub: every file a link to a blob named by its digest, two shards whose neighbours exist "
               "only beside the links",
        text=text_config(16, 2, 27, act="gelu"), vision=vision_config(24, 2, 31, 32, 8),
        processor=processor({"shortest_edge": 32}, {"height": 32, "width": 32}), projection=12,
    ),
]
