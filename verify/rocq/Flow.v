(** AdamProxy's flow on the exponential loss: every solution separates the data. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Hoeffding FiniteTime.
Open Scope R_scope.

Lemma is_derive_sum n (f : nat -> R -> R) (df : nat -> R) t :
  (forall i, (i < n)%nat -> is_derive (f i) t (df i)) ->
  is_derive (fun s => sum n (fun i => f i s)) t (sum n df).
Proof.
  induction n as [|n IH]; intros H; simpl.
  - apply (is_derive_const (V := R_NormedModule)).
  - apply (is_derive_plus (fun s => sum n (fun i => f i s)) (f n)); [apply IH; intros; apply H; lia|apply H; lia].
Qed.

(** w solves w'(t) = U(c(t)) for t >= 0, with the weights c_i = exp(-x_i . w) of the exponential loss. *)
Definition proxy_flow (N d : nat) (X : nat -> nat -> R) (w : R -> nat -> R) : Prop :=
  forall t k, 0 <= t -> (k < d)%nat -> is_derive (fun s => w s k) t (proxy_direction N X (weight d X (w t)) k).

(** Claims: proxy-loss.
    If some $u^*$ with $\|u^*\|_\infty \le 1$ has $x_i^\top u^* \ge \gamma \ge 0$ for all $i$ and $\|x_i\|_1 \le R$,
    every solution of AdamProxy's flow on the exponential loss has $\min_i x_i^\top w(t) \ge \frac{\gamma^2}{N R} t -
    \log \sum_i e^{-x_i^\top w(0)}$ for $t \ge 0$. That a solution exists is not said. *)
Theorem proxy_flow_margin :
  forall N d X w best g R,
    (0 < N)%nat -> 0 <= g -> 0 < R ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i, (i < N)%nat -> l1 d (X i) <= R) ->
    proxy_flow N d X w ->
    forall t i, 0 <= t -> (i < N)%nat ->
      g * g / (INR N * R) * t - phi N d X (w 0) <= dot d (X i) (w t).
Proof.
  intros N d X w best g R HN Hg HR Hb Hm Hx Hflow.
  set (u := fun t => proxy_direction N X (weight d X (w t))).
  set (rate := g * g / (INR N * R)).
  assert (Hdot : forall x t, 0 <= t -> is_derive (fun s => dot d x (w s)) t (dot d x (u t))).
  { intros x t Ht. apply (is_derive_sum d (fun k s => x k * w s k)). intros k Hk.
    apply (is_derive_scal (fun s => w s k)). apply Hflow; assumption. }
  assert (Hphi : forall t, 0 <= t ->
    is_derive (fun s => phi N d X (w s)) t (- dot d (combine N X (softmax N d X (w t))) (u t))).
  { intros t Ht. pose proof (weights_sum_pos N d X (w t) HN) as HW.
    assert (Hsum : is_derive (fun s => sum N (weight d X (w s))) t (sum N (fun i => - dot d (X i) (u t) * weight d X (w t) i))).
    { apply (is_derive_sum N (fun i s => weight d X (w s) i)). intros i Hi. unfold weight.
      apply (is_derive_comp exp (fun s => - dot d (X i) (w s)) t (exp (- dot d (X i) (w t))) (- dot d (X i) (u t))).
      - apply is_derive_exp.
      - apply (is_derive_opp (fun s => dot d (X i) (w s))). apply Hdot. exact Ht. }
    pose proof (is_derive_comp ln (fun s => sum N (weight d X (w s))) t _ _ (is_derive_ln _ HW) Hsum) as H.
    replace (- dot d (combine N X (softmax N d X (w t))) (u t))
      with (scal (sum N (fun i => - dot d (X i) (u t) * weight d X (w t) i)) (/ sum N (weight d X (w t)))); [exact H|].
    rewrite dot_combine. unfold scal; simpl; unfold mult; simpl.
    rewrite <- sum_scal_r, <- (Rmult_1_l (sum N (fun i => softmax N d X (w t) i * _))), Ropp_mult_distr_l, <- sum_scal.
    apply sum_ext. intros i _. unfold softmax, Rdiv. ring. }
  assert (Hrate : forall t, rate <= dot d (combine N X (softmax N d X (w t))) (u t)).
  { intros t. set (q := softmax N d X (w t)). pose proof (softmax_simplex N d X (w t) HN) as Hq.
    pose proof (proxy_progress N d X q g R HN Hq Hg HR Hx (linf_weak_duality N d X best q g Hb Hm Hq)) as H.
    eapply Rle_trans; [exact H|]. apply Req_le. apply dot_ext. intros k _. apply proxy_softmax. exact HN. }
  intros t i Ht Hi.
  assert (Hle : phi N d X (w t) <= phi N d X (w 0) - rate * t).
  { set (f := fun s => phi N d X (w 0) - rate * s - phi N d X (w s)).
    assert (H : 0 <= f t); [|unfold f in H; lra].
    apply (nonneg_from_derive f (fun s => - rate - - dot d (combine N X (softmax N d X (w s))) (u s)) t Ht).
    - unfold f. ring.
    - intros s Hs. unfold f. apply (is_derive_minus (fun s => phi N d X (w 0) - rate * s) (fun s => phi N d X (w s))).
      + auto_derive; [exact I|ring].
      + apply Hphi. lra.
    - intros s Hs. specialize (Hrate s). lra. }
  pose proof (margin_ge_phi N d X (w t) i Hi). lra.
Qed.
