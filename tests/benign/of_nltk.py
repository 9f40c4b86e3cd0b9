"""nltk: taggers, classifiers, distributions, trees; nothing that needs its downloads."""
import nltk
from nltk.classify import NaiveBayesClassifier
from nltk.lm import MLE, Vocabulary
from nltk.tokenize import punkt


def things():
    tagged = [[("the", "DT"), ("dog", "NN"), ("barks", "VB")], [("a", "DT"), ("cat", "NN")]]
    yield "freqdist", nltk.FreqDist("abracadabra")
    yield "conditional", nltk.ConditionalFreqDist([("a", "x"), ("a", "y"), ("b", "x")])
    yield "naive_bayes", NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    yield "unigram", nltk.UnigramTagger(tagged, backoff=nltk.DefaultTagger("NN"))
    yield "bigram", nltk.BigramTagger(tagged, backoff=nltk.RegexpTagger([(r".*s$", "NNS")]))
    yield "tree", nltk.Tree("S", [nltk.Tree("NP", ["the", "dog"]), "barks"])
    yield "stemmers", [nltk.PorterStemmer(), nltk.LancasterStemmer(), nltk.SnowballStemmer("english")]
    yield "vocabulary", Vocabulary(["a", "b", "a"], unk_cutoff=1)
    yield "lm", (lambda m: (m.fit([[("a",), ("b",), ("a", "b")]], ["a", "b"]), m)[1])(MLE(2))
    yield "grammar", nltk.CFG.fromstring("S -> NP VP\nNP -> 'dog'\nVP -> 'barks'")
    yield "punkt", punkt.PunktSentenceTokenizer()
    yield "tokenizers", [nltk.WordPunctTokenizer(), nltk.RegexpTokenizer(r"\w+"), nltk.TreebankWordTokenizer()]
