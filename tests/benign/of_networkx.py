"""networkx: graphs of each kind, with attributes, and what their methods give."""
import networkx as nx


def things():
    yield "graph", nx.karate_club_graph()
    yield "digraph", nx.DiGraph([(1, 2), (2, 3)])
    yield "multigraph", nx.MultiGraph([(1, 2), (1, 2)])
    yield "multidigraph", nx.MultiDiGraph([(1, 2), (1, 2)])
    yield "attributes", nx.Graph([("a", "b", {"weight": 0.5, "name": "x"})], name="n", level=2)
    yield "numbers", [nx.pagerank(nx.path_graph(4)), dict(nx.all_pairs_shortest_path_length(nx.path_graph(3)))]
    yield "types", [nx.Graph, nx.DiGraph]
