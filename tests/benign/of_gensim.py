"""gensim: dictionaries, word vectors, topics."""
from gensim import corpora, models, similarities

TEXTS = [["human", "interface", "computer"], ["survey", "user", "computer", "system"], ["graph", "trees"], ["graph", "minors", "trees"]] * 3


def things():
    dictionary = corpora.Dictionary(TEXTS)
    corpus = [dictionary.doc2bow(t) for t in TEXTS]
    yield "dictionary", dictionary
    yield "corpus", corpus
    yield "tfidf", models.TfidfModel(corpus)
    yield "lsi", lambda: models.LsiModel(corpus, id2word=dictionary, num_topics=2)
    yield "lda", lambda: models.LdaModel(corpus, id2word=dictionary, num_topics=2, random_state=1)
    yield "word2vec", lambda: models.Word2Vec(TEXTS, vector_size=4, min_count=1, epochs=1, workers=1)
    yield "vectors", lambda: models.Word2Vec(TEXTS, vector_size=4, min_count=1, epochs=1, workers=1).wv
    yield "doc2vec", lambda: models.Doc2Vec([models.doc2vec.TaggedDocument(t, [i]) for i, t in enumerate(TEXTS)], vector_size=4, min_count=1, epochs=1, workers=1)
    yield "fasttext", lambda: models.FastText(TEXTS, vector_size=4, min_count=1, epochs=1, workers=1, bucket=50)
    yield "phrases", models.Phrases(TEXTS, min_count=1, threshold=0.1)
    yield "index", lambda: similarities.SparseMatrixSimilarity(corpus, num_features=len(dictionary))


def files():
    yield "word2vec.model", lambda p: models.Word2Vec(TEXTS, vector_size=4, min_count=1, epochs=1, workers=1).save(str(p))
    yield "dictionary.dict", lambda p: corpora.Dictionary(TEXTS).save(str(p))
