(** Where the weights converge: their limit is an equilibrium, and w_t / tau tends to U there. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Hoeffding FiniteTime Logit.
Open Scope R_scope.

(** Means with weights eta of what tends to 0 tend to 0. *)
Lemma weighted_means eta e :
  (forall t, 0 < eta t) -> is_lim_seq (tau eta) p_infty -> is_lim_seq e 0 ->
  is_lim_seq (fun t => sum t (fun s => eta s * e s) / tau eta t) 0.
Proof.
  intros Heta Htau He. apply is_lim_seq_spec. intros [eps Heps]. simpl.
  apply is_lim_seq_spec in He. destruct (He (mkposreal (eps / 2) ltac:(lra))) as [T HT]. simpl in HT.
  set (A := sum T (fun s => eta s * Rabs (e s))).
  assert (HA : 0 <= A) by (apply sum_nonneg; intros s _; apply Rmult_le_pos; [left; apply Heta|apply Rabs_pos]).
  assert (Hb : forall n, Rabs (sum (T + n) (fun s => eta s * e s)) <= A + eps / 2 * tau eta (T + n)).
  { induction n as [|n IH].
    - rewrite Nat.add_0_r. assert (0 <= tau eta T) by (apply sum_nonneg; intros; left; apply Heta).
      assert (Rabs (sum T (fun s => eta s * e s)) <= A); [|nra].
      eapply Rle_trans; [apply sum_abs|]. apply Req_le, sum_ext. intros s _.
      rewrite Rabs_mult, (Rabs_right (eta s)) by (specialize (Heta s); lra). reflexivity.
    - rewrite Nat.add_succ_r. unfold tau in *. cbn [sum]. eapply Rle_trans; [apply Rabs_triang|].
      specialize (HT (T + n)%nat ltac:(lia)). rewrite Rminus_0_r in HT. specialize (Heta (T + n)%nat).
      rewrite Rabs_mult, (Rabs_right (eta (T + n)%nat)) by lra. nra. }
  apply is_lim_seq_spec in Htau. destruct (Htau (2 * A / eps)) as [T' HT'].
  exists (T + T')%nat. intros n Hn. rewrite Rminus_0_r. specialize (HT' n ltac:(lia)).
  specialize (Hb (n - T)%nat). replace (T + (n - T))%nat with n in Hb by lia.
  assert (Hq : 0 <= 2 * A / eps) by (apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; exact Heps]).
  assert (Htn : 0 < tau eta n) by lra.
  assert (HAe : A < eps / 2 * tau eta n).
  { replace A with (eps / 2 * (2 * A / eps)) by (field; lra). apply Rmult_lt_compat_l; lra. }
  unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ tau eta n)) by (apply Rle_ge, Rlt_le, Rinv_0_lt_compat; exact Htn).
  apply (Rmult_lt_reg_r (tau eta n)); [exact Htn|]. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

(** Claims: proxy-direction, gd-l2, full-batch-linf, weights-that-converge.
    If the update $u_t$ tends to $U$, steps are positive and their sum $\tau_t$ diverges, then $w_t/\tau_t \to U$, in
    each coordinate. *)
Theorem iterates_follow_updates :
  forall (w u eta : nat -> R) (U : R),
    (forall t, 0 < eta t) -> is_lim_seq (tau eta) p_infty ->
    (forall t, w (S t) = w t + eta t * u t) -> is_lim_seq u U ->
    is_lim_seq (fun t => w t / tau eta t) U.
Proof.
  intros w u eta U Heta Htau Hw Hu.
  assert (E : forall t, w t = w 0%nat + U * tau eta t + sum t (fun s => eta s * (u s - U))).
  { induction t as [|t IH]; [unfold tau; simpl; ring|]. rewrite Hw, IH. unfold tau. cbn [sum]. ring. }
  assert (He : is_lim_seq (fun t => u t - U) 0).
  { replace (Finite 0) with (Finite (U - U)) by (f_equal; ring). apply is_lim_seq_minus'; [exact Hu|apply is_lim_seq_const]. }
  pose proof (weighted_means eta _ Heta Htau He) as Hm.
  assert (Hi : is_lim_seq (fun t => w 0%nat * / tau eta t) 0).
  { replace (Finite 0) with (Finite (w 0%nat * 0)) by (f_equal; ring). apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    replace (Finite 0) with (Rbar_inv p_infty) by reflexivity. apply is_lim_seq_inv; [exact Htau|intros Q; inversion Q]. }
  apply (is_lim_seq_ext_loc (fun t => w 0%nat * / tau eta t + U + sum t (fun s => eta s * (u s - U)) / tau eta t)).
  - exists 1%nat. intros t Ht. rewrite (E t). field. destruct t as [|t]; [lia|].
    apply Rgt_not_eq. apply (sum_pos (S t) eta 0); [intros; left; apply Heta|lia|apply Heta].
  - replace (Finite U) with (Finite (0 + U + 0)) by (f_equal; ring).
    apply is_lim_seq_plus'; [|exact Hm]. apply is_lim_seq_plus'; [exact Hi|apply is_lim_seq_const].
Qed.

(** Claims: weights-that-converge.
    How near: from $w_0 = 0$, in any norm, $\|w_t/\tau_t - U\| \le \frac{\tau_s}{\tau_t} M + \epsilon$ for $t \ge s$, where
    $\|u_r - U\| \le M$ for all $r$ and $\le \epsilon$ from the step $s$ on. *)
Theorem iterates_are_near_the_update :
  forall (norm : (nat -> R) -> R) (w u : nat -> nat -> R) (U : nat -> R) eta M e s t,
    (forall x y, norm (fun k => x k + y k) <= norm x + norm y) ->
    (forall a x, norm (fun k => a * x k) = Rabs a * norm x) ->
    (forall x y, (forall k, x k = y k) -> norm x = norm y) ->
    (forall r, 0 < eta r) -> (forall k, w 0%nat k = 0) -> (forall r k, w (S r) k = w r k + eta r * u r k) ->
    (forall r, norm (fun k => u r k - U k) <= M) -> (forall r, (s <= r)%nat -> norm (fun k => u r k - U k) <= e) ->
    (0 < t)%nat -> (s <= t)%nat ->
    norm (fun k => w t k / tau eta t - U k) <= tau eta s / tau eta t * M + e.
Proof.
  intros norm w u U eta M e s t Htri Hscale Hext Heta H0 Hw HM He Ht Hst.
  assert (Zero : norm (fun _ => 0) = 0).
  { rewrite (Hext (fun _ => 0) (fun _ => 0 * 0)) by (intros; ring). rewrite (Hscale 0 (fun _ => 0)), Rabs_R0. ring. }
  assert (Pos : forall x, 0 <= norm x).
  { intros x. pose proof (Htri x (fun k => (-1) * x k)) as T. rewrite (Hscale (-1) x), Rabs_left in T by lra.
    rewrite (Hext _ (fun _ => 0)) in T by (intros; ring). lra. }
  assert (Hend : forall n, norm (fun k => w n k - tau eta n * U k) <= sum n (fun r => eta r * norm (fun k => u r k - U k))).
  { induction n as [|n IH].
    - rewrite (Hext _ (fun _ => 0)) by (intros k; rewrite H0; unfold tau; simpl; ring). simpl. lra.
    - rewrite (Hext _ (fun k => (w n k - tau eta n * U k) + eta n * (u n k - U k))) by (intros k; rewrite Hw; unfold tau; cbn [sum]; ring).
      eapply Rle_trans; [apply Htri|]. cbn [sum]. rewrite (Hscale (eta n) (fun k => u n k - U k)), Rabs_right by (specialize (Heta n); lra). lra. }
  assert (Hsum : forall n, (s <= n)%nat -> sum n (fun r => eta r * norm (fun k => u r k - U k)) <= tau eta s * M + (tau eta n - tau eta s) * e).
  { intros n Hn. induction Hn as [|n Hn IH].
    - replace (tau eta s * M + (tau eta s - tau eta s) * e) with (tau eta s * M) by ring. unfold tau. rewrite <- sum_scal_r.
      apply sum_le. intros r _. apply Rmult_le_compat_l; [left; apply Heta|apply HM].
    - cbn [sum]. unfold tau at 2. cbn [sum]. fold (tau eta n).
      assert (eta n * norm (fun k => u n k - U k) <= eta n * e) by (apply Rmult_le_compat_l; [left; apply Heta|apply He; exact Hn]). lra. }
  assert (Htau : 0 < tau eta t) by (destruct t as [|t]; [lia|]; apply (sum_pos (S t) eta 0); [intros; left; apply Heta|lia|apply Heta]).
  assert (Hs0 : 0 <= tau eta s) by (apply sum_nonneg; intros; left; apply Heta).
  assert (He0 : 0 <= e) by (eapply Rle_trans; [apply Pos|apply (He s); lia]).
  rewrite (Hext _ (fun k => / tau eta t * (w t k - tau eta t * U k))) by (intros; field; lra).
  rewrite (Hscale (/ tau eta t) (fun k => w t k - tau eta t * U k)), Rabs_right by (left; apply Rinv_0_lt_compat; exact Htau).
  apply (Rmult_le_reg_l (tau eta t)); [exact Htau|]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  replace (tau eta t * (tau eta s / tau eta t * M + e)) with (tau eta s * M + tau eta t * e) by (field; lra).
  specialize (Hend t). specialize (Hsum t Hst). assert (0 <= tau eta s * e) by (apply Rmult_le_pos; assumption). lra.
Qed.

(** Claims: game-fixed-point, proxy-direction, scaled-rademacher-l2, weights-that-converge.
    Where the weights converge, for the exponential loss and any rule: if $T_t \to \infty$, $w_t/T_t \to U$ and
    $\mathrm{softmax}(-x_i^\top w_t) \to c$, then $c$ is an equilibrium of the margin game with $U$ in the place of
    $U(c)$: rows with weight have one common cost $x_i^\top U$, and no row a smaller one. *)
Theorem limit_weights_are_an_equilibrium :
  forall N d X w (T : nat -> R) (U c : nat -> R),
    (0 < N)%nat -> (forall t, 0 < T t) -> is_lim_seq T p_infty ->
    (forall k, (k < d)%nat -> is_lim_seq (fun t => w t k / T t) (U k)) ->
    (forall i, (i < N)%nat -> is_lim_seq (fun t => softmax N d X (w t) i) (c i)) ->
    exists lam, equilibrium N d X U c lam.
Proof.
  intros N d X w T U c HN Hpos HT Hw Hc.
  (* Time is inverse temperature: the weights at w_t are a logit equilibrium at 1/T_t, with the costs x_i . w_t / T_t. *)
  set (u := fun t k => w t k / T t). set (lam := fun t => / T t).
  assert (Hlam : forall t, 0 < lam t) by (intros; apply Rinv_0_lt_compat, Hpos).
  assert (Hlim : is_lim_seq lam 0).
  { replace (Finite 0) with (Rbar_inv p_infty) by reflexivity. apply is_lim_seq_inv; [exact HT|intros Q; inversion Q]. }
  assert (Hlog : forall t, logit_equilibrium N d X (u t) (softmax N d X (w t)) (lam t)).
  { intros t. assert (E : forall x, - dot d x (u t) / lam t = - dot d x (w t)).
    { intros x. assert (Ed : dot d x (u t) = / T t * dot d x (w t)).
      { rewrite <- dot_scal_r. apply dot_ext. intros k _. unfold u, Rdiv. ring. }
      rewrite Ed. unfold lam. field. specialize (Hpos t). lra. }
    intros i Hi. rewrite E. unfold softmax, weight. f_equal. apply sum_ext. intros j _. rewrite E. reflexivity. }
  assert (HF : forall i, (i < N)%nat -> is_lim_seq (fun t => dot d (X i) (u t)) (dot d (X i) U)).
  { intros i _. apply (is_lim_seq_sum d (fun t k => X i k * u t k)). intros k Hk.
    apply is_lim_seq_mult'; [apply is_lim_seq_const|apply Hw; exact Hk]. }
  (* Some row keeps weight in the limit. *)
  assert (Hone : sum N c = 1).
  { pose proof (is_lim_seq_sum N (fun t => softmax N d X (w t)) c Hc) as H.
    assert (H1 : is_lim_seq (fun t => sum N (softmax N d X (w t))) 1).
    { apply (is_lim_seq_ext (fun _ => 1)); [|apply is_lim_seq_const]. intros t. symmetry. apply softmax_simplex. exact HN. }
    apply is_lim_seq_unique in H. apply is_lim_seq_unique in H1.
    assert (E : Finite (sum N c) = Finite 1) by (rewrite <- H, <- H1; reflexivity). inversion E. reflexivity. }
  assert (Hc0 : forall i, (i < N)%nat -> 0 <= c i).
  { intros i Hi. apply (is_lim_seq_le (fun _ => 0) (fun t => softmax N d X (w t) i) (Finite 0) (Finite (c i))).
    - intros t. apply softmax_simplex; assumption.
    - apply is_lim_seq_const.
    - apply Hc. exact Hi. }
  destruct (simplex_pos N c (conj Hc0 Hone)) as [r [Hr Hcr]].
  destruct (logit_limits_are_equilibria N d X u (fun t => softmax N d X (w t)) lam (fun i => dot d (X i) U) c r
              Hlam Hlim Hlog Hc HF Hr Hcr) as [Hs [Hsup Hle]].
  exists (dot d (X r) U). split; assumption.
Qed.

(** The weights of the logistic loss: slopes, divided by their sum. *)
Definition slope_weights (N d : nat) (X : nat -> nat -> R) (w : nat -> R) : nat -> R :=
  fun i => / (1 + exp (dot d (X i) w)) / sum N (fun j => / (1 + exp (dot d (X j) w))).

(** Claims: game-fixed-point, proxy-direction, scaled-rademacher-l2, weights-that-converge.
    The same for the logistic loss, where every margin grows without bound: its normalized weights and those of the
    exponential loss then have one limit. *)
Theorem logistic_limit_weights_are_an_equilibrium :
  forall N d X w (T : nat -> R) (U c : nat -> R),
    (0 < N)%nat -> (forall t, 0 < T t) -> is_lim_seq T p_infty ->
    (forall k, (k < d)%nat -> is_lim_seq (fun t => w t k / T t) (U k)) ->
    (forall i, (i < N)%nat -> is_lim_seq (fun t => dot d (X i) (w t)) p_infty) ->
    (forall i, (i < N)%nat -> is_lim_seq (fun t => slope_weights N d X (w t) i) (c i)) ->
    exists lam, equilibrium N d X U c lam.
Proof.
  intros N d X w T U c HN Hpos HT Hw Hz Hc.
  apply (limit_weights_are_an_equilibrium N d X w T U c HN Hpos HT Hw).
  assert (He : forall i, (i < N)%nat -> is_lim_seq (fun t => weight d X (w t) i) 0).
  { intros i Hi. unfold weight. apply (is_lim_seq_ext (fun t => / exp (dot d (X i) (w t)))).
    - intros t. symmetry. apply exp_Ropp.
    - replace (Finite 0) with (Rbar_inv p_infty) by reflexivity. apply is_lim_seq_inv; [|intros Q; inversion Q].
      apply (is_lim_seq_le_p_loc (fun t => dot d (X i) (w t))); [|apply Hz; exact Hi].
      exists 0%nat. intros t _. pose proof (exp_ineq1_le (dot d (X i) (w t))). lra. }
  intros i Hi.
  set (q := fun t j => slope_weights N d X (w t) j).
  apply (is_lim_seq_ext (fun t => q t i * (1 + weight d X (w t) i) / (1 + sum N (fun j => q t j * weight d X (w t) j)))).
  - intros t. set (s := fun j => / (1 + exp (dot d (X j) (w t)))).
    assert (Hs : forall j, 0 < s j) by (intros j; apply Rinv_0_lt_compat; pose proof (exp_pos (dot d (X j) (w t))); lra).
    assert (HS : 0 < sum N s) by (apply (sum_pos N s 0); [intros; left; apply Hs|exact HN|apply Hs]).
    assert (Ew : forall j, weight d X (w t) j = s j * (1 + weight d X (w t) j)).
    { intros j. unfold weight, s. rewrite exp_Ropp. pose proof (exp_pos (dot d (X j) (w t))) as E. field. lra. }
    assert (Eq : forall j, q t j = s j / sum N s) by reflexivity.
    assert (EW : sum N (weight d X (w t)) = sum N s * (1 + sum N (fun j => q t j * weight d X (w t) j))).
    { transitivity (sum N (fun j => s j + sum N s * (q t j * weight d X (w t) j))).
      - apply sum_ext. intros j _. rewrite Eq. transitivity (s j * (1 + weight d X (w t) j)); [apply Ew|field; lra].
      - rewrite sum_plus, sum_scal. ring. }
    assert (Hq : 0 <= sum N (fun j => q t j * weight d X (w t) j)).
    { apply sum_nonneg. intros j _. rewrite Eq. apply Rmult_le_pos; [apply Rlt_le, Rdiv_lt_0_compat; [apply Hs|exact HS]|].
      left. apply weight_pos. }
    unfold softmax. rewrite EW, Eq. set (z := weight d X (w t) i) in *. specialize (Ew i). fold z in Ew.
    replace (z / _) with (s i * (1 + z) / (sum N s * (1 + sum N (fun j => q t j * weight d X (w t) j))))
      by (rewrite <- Ew; reflexivity). field. lra.
  - replace (Finite (c i)) with (Finite (c i * (1 + 0) / (1 + sum N (fun j => c j * 0))))
      by (f_equal; rewrite sum_scal_r; field).
    assert (Hsum : is_lim_seq (fun t => sum N (fun j => q t j * weight d X (w t) j)) (sum N (fun j => c j * 0))).
    { apply (is_lim_seq_sum N (fun t j => q t j * weight d X (w t) j) (fun j => c j * 0)).
      intros j Hj. apply is_lim_seq_mult'; [apply Hc; exact Hj|apply He; exact Hj]. }
    apply is_lim_seq_div'.
    + apply is_lim_seq_mult'; [apply Hc; exact Hi|]. apply is_lim_seq_plus'; [apply is_lim_seq_const|apply He; exact Hi].
    + apply is_lim_seq_plus'; [apply is_lim_seq_const|exact Hsum].
    + rewrite sum_scal_r. lra.
Qed.
